#include "server/relay/stream_connection.h"

#include <openssl/ssl.h>

#include <utility>

#include "server/net/socket.h"
#include "server/relay/data_pipe.h"
#include "server/relay/worker.h"
#include "server/stun/channel_data.h"
#include "server/stun/framer.h"

namespace culvert::relay {
namespace {

constexpr uint8_t kTlsHandshakeRecord = 0x16;  // RFC 8446 section 5.1
// A new client has no channel yet, so it cannot begin with ChannelData; a web browser's "GET" would
// look like it.
constexpr uint16_t kNoChannels = 0;
// A few packets of a voice call.
constexpr size_t kLittleInput = 2048;
// One write of queued messages.
constexpr size_t kDrainBytes = 64 * 1024;
// Replies that a client lets pile up before it gets no more of its requests served.
constexpr size_t kMostUnreadReplies = 16 * 1024;

// OpenSSL gets a ClientHello only with its whole first record: for one that is cut it would hold
// 40 kB, and cut ones are what an attacker sends. A length that no record has is its to refuse.
bool HoldsWholeRecord(ByteView bytes) {
  constexpr size_t kHeader = 5;
  constexpr size_t kMostBody = 16 * 1024;  // RFC 8446 section 5.1
  if (bytes.size() < kHeader) return false;
  const size_t body = LoadBig16(bytes.data() + 3);
  return body > kMostBody || bytes.size() >= kHeader + body;
}

observe::TlsVersion VersionOf(const SSL* ssl) {
  switch (SSL_version(ssl)) {
    case TLS1_3_VERSION:
      return observe::TlsVersion::kTls13;
    case TLS1_2_VERSION:
      return observe::TlsVersion::kTls12;
    default:
      return observe::TlsVersion::kUnknown;
  }
}

}  // namespace

StreamConnection::StreamConnection(Worker& worker, std::unique_ptr<net::Stream> stream,
                                   const ClientAddress& client, const ServerAddress& server)
    : worker_(worker), stream_(std::move(stream)), client_(client), server_(server) {}

void StreamConnection::Begin(bool taken_over, ByteView unread) {
  if (taken_over) {
    stream_->Rebind(&worker_.stream_buffers());
    StartSession(stream_->is_tls() ? turn::Transport::kTls : turn::Transport::kTcp);
  } else {
    worker_.wheel().Arm(this, worker_.now().instant + worker_.settings().allocate_timeout);
  }
  watch_.Start(worker_.loop(), stream_->fd(), this, true, stream_->unsent() > 0);
  if (!unread.empty()) Serve(unread);
}

StreamConnection::~StreamConnection() {
  worker_.output().Forget(*this);
}

// --- reading

void StreamConnection::OnReady(unsigned what) {
  if ((what & kWritable) != 0) OnWritable();
  if (phase_ == Phase::kGone || (what & kReadable) == 0) return;
  ReadMore();
}

// RFC 8489 section 8.1: plain and TLS on one port. The first byte alone tells, so it does not
// matter how the network cuts the rest.
void StreamConnection::ReadFirst() {
  const bool may_be_tls = worker_.settings().tls_streams && worker_.tls() != nullptr;
  if (may_be_tls && !TakeHandshake()) return;
  const net::StreamRead first = stream_->ReadFirst(partial_);
  const bool is_tls = may_be_tls && !first.data.empty() && first.data[0] == kTlsHandshakeRecord;
  if (first.data.empty() || (is_tls && !HoldsWholeRecord(first.data))) {
    if (may_be_tls) worker_.ReturnHandshake();
    partial_.assign(first.data.begin(), first.data.end());
    if (first.end != net::StreamEnd::kOpen) Close();
    return;
  }
  partial_ = {};
  if (is_tls) return BeginTls(first.data);
  if (may_be_tls) worker_.ReturnHandshake();
  if (!worker_.settings().plain_streams ||
      stun::NextFrame(first.data.first(1), kNoChannels).kind == stun::FrameKind::kGarbage) {
    worker_.counters().drops[turn::Drop::kMalformed].Add();
    return Close();
  }
  Admit(turn::Transport::kTcp);
  Digest(stream_->TakeFirst(), false);
}

void StreamConnection::BeginTls(ByteView hello) {
  if (worker_.gives_handshakes()) {
    Admit(turn::Transport::kTls);
    return GiveAside(worker_.tls(), hello);
  }
  net::SslPtr ssl = worker_.tls()->NewSession();
  if (ssl == nullptr) return Close();
  stream_->StartTls(std::move(ssl));
  Admit(turn::Transport::kTls);
  Digest(stream_->TakeFirst(), true);
}

void StreamConnection::Admit(turn::Transport transport) {
  StartSession(transport);
  worker_.counters().connections_accepted[transport].Add();
}

void StreamConnection::StartSession(turn::Transport transport) {
  phase_ = Phase::kTurn;
  worker_.wheel().Disarm(this);
  ClientLeg& leg = *this;
  session_ =
      std::make_unique<ClientSession>(worker_, leg, turn::Path{transport, client_, server_},
                                      worker_.now().instant + worker_.settings().allocate_timeout);
}

bool StreamConnection::TakeHandshake() {
  if (worker_.TakeHandshake()) return true;
  // Who has hung up is let go at once: waiting for a ration would keep its memory for that long.
  if (net::HungUp(stream_->fd())) {
    Close();
    return false;
  }
  watch_.Want(false, watch_.writing());
  deferred_ = true;
  worker_.DeferHandshake(this);
  return false;
}

void StreamConnection::ReadMore() {
  if (phase_ == Phase::kSniff) return ReadFirst();
  const bool handshaking = stream_->handshaking();
  if (handshaking && !TakeHandshake()) return;
  if (handshaking && worker_.gives_handshakes()) return GiveAside(nullptr, {});
  Digest(stream_->Read(partial_), handshaking);
}

void StreamConnection::GiveAside(std::shared_ptr<net::TlsContext> context, ByteView received) {
  phase_ = Phase::kAside;
  watch_.Want(false, false);
  auto step = std::make_unique<HandshakeStep>();
  step->stream = std::move(stream_);
  step->context = std::move(context);
  step->received.assign(received.begin(), received.end());
  aside_ = worker_.GiveHandshake(this, std::move(step));
}

void StreamConnection::TakeBack(HandshakeStep& step) {
  phase_ = Phase::kTurn;
  stream_ = std::move(step.stream);
  stream_->Rebind(&worker_.stream_buffers());
  watch_.Want(true, stream_->unsent() > 0);
  Digest({step.opened, step.end}, true);
}

void StreamConnection::Digest(const net::StreamRead& read, bool was_handshaking) {
  if (stream_->is_tls()) CountHandshake(was_handshaking, read.end);
  if (stream_->unsent() > 0) UpdateWatch();
  if (read.data.size() > partial_.size()) {
    // The worker's buffer lasts until the next read of anybody. Little is copied, so that it can
    // leave with what others send; much leaves at once.
    const bool little = read.data.size() <= kLittleInput;
    Serve(little ? worker_.output().CopyInput(read.data) : read.data);
    if (!little) worker_.output().FlushPeers();
    if (phase_ == Phase::kTurn && !worker_.output().IsGathering(*this) && !stream_->SendFlight()) {
      return Close();
    }
  }
  if (phase_ == Phase::kGone || read.end == net::StreamEnd::kOpen) return;
  if (session_->turn().waiting()) {
    // Its answer is still to come; nothing more will.
    input_over_ = true;
    UpdateWatch();
    return;
  }
  Close();
}

void StreamConnection::CountHandshake(bool was_handshaking, net::StreamEnd end) {
  if (!was_handshaking) return;
  observe::TlsHandshakes& counts = worker_.counters().tls_handshakes[VersionOf(stream_->ssl())];
  if (!stream_->handshaking()) {
    (SSL_session_reused(const_cast<SSL*>(stream_->ssl())) != 0 ? counts.resumed : counts.full)
        .Add();
  } else if (end != net::StreamEnd::kOpen) {
    counts.failed.Add();
  }
}

void StreamConnection::ResumeHandshake() {
  if (!std::exchange(deferred_, false) || phase_ == Phase::kGone) return;
  if (net::HungUp(stream_->fd())) return Close();
  watch_.Want(true, watch_.writing());
  ReadMore();
}

void StreamConnection::Serve(ByteView input) {
  serving_ = true;
  while (!input.empty() && phase_ == Phase::kTurn && !session_->turn().waiting()) {
    const stun::Frame frame = stun::NextFrame(input, worker_.turn_shared().settings.last_channel);
    if (frame.kind == stun::FrameKind::kGarbage) {
      // A stream cannot be resynchronised.
      worker_.counters().drops[turn::Drop::kMalformed].Add();
      serving_ = false;
      return Close();
    }
    if (frame.kind == stun::FrameKind::kIncomplete) break;
    const ByteView message = input.first(frame.size);
    if (HandOver(message, input)) return;
    input = input.subspan(frame.size);
    session_->FromClient(message);
    if (joined_) return Join(input);
  }
  serving_ = false;
  if (phase_ != Phase::kTurn) return;
  const bool known = session_->turn().allocation() != nullptr || session_->turn().waiting();
  if (!known && input.size() > worker_.settings().max_partial_unknown) {
    worker_.counters().drops[turn::Drop::kMalformed].Add();
    return Close();
  }
  // Assigning from itself: partial_ was copied into the read buffer before.
  if (input.empty()) {
    partial_ = {};
  } else {
    partial_ = std::vector<uint8_t>(input.begin(), input.end());
  }
  UpdateWatch();
}

bool StreamConnection::HandOver(ByteView message, ByteView rest) {
  if (message.size() < stun::kHeaderSize ||
      LoadBig16(message.data()) != static_cast<uint16_t>(stun::Method::kConnectionBind) ||
      session_->turn().allocation() != nullptr) {
    return false;
  }
  const auto bind = stun::Message::Parse(message);
  if (!bind) return false;
  const auto id = bind->Uint32(stun::AttributeType::kConnectionId);
  if (!id) return false;
  const auto home = worker_.WorkerOf(turn::ConnectionId{*id});
  if (!home || *home == worker_.index()) return false;
  // Earlier answers, if any, leave first.
  worker_.output().FlushStream(*this);
  if (phase_ == Phase::kGone) return true;
  worker_.counters().handoffs.Add();
  watch_.Stop();
  Handoff handoff{std::move(stream_), client_, server_, {rest.begin(), rest.end()}};
  Leave();
  worker_.HandOver(*home, std::move(handoff));
  return true;
}

void StreamConnection::Join(ByteView rest) {
  // The success answer leaves before the first relayed byte (RFC 6062 section 5.4).
  worker_.output().FlushStream(*this);
  if (phase_ == Phase::kGone) return;
  watch_.Stop();
  std::unique_ptr<net::Stream> stream = std::move(stream_);
  const turn::Transport transport = session_->transport();
  const turn::ConnectionId id = *joined_;
  Leave();
  worker_.JoinPipe(id, std::move(stream), transport, rest);
}

// --- writing

void StreamConnection::Send(const OutFrame& frame, bool reply) {
  if (phase_ != Phase::kTurn) return;
  // What one turn gathers is accepted whole; only what comes while the connection is blocked has to
  // queue.
  if (queue_ != nullptr || stream_->unsent() > 0) return Queue(frame, reply);
  worker_.output().ToStream(*this, frame, reply);
}

void StreamConnection::Queue(const OutFrame& frame, bool reply) {
  if (queue_ == nullptr) queue_ = std::make_unique<MediaQueue>();
  MediaQueue::Dropped dropped;
  queue_->Push(frame, reply, worker_.now().instant, worker_.settings().media_queue_bytes, &dropped);
  CountDropped(dropped);
  UpdateWatch();
}

void StreamConnection::CountDropped(const MediaQueue::Dropped& dropped) {
  if (dropped.full > 0) worker_.counters().drops[turn::Drop::kQueueFull].Add(dropped.full);
  if (dropped.aged > 0) worker_.counters().drops[turn::Drop::kQueueAge].Add(dropped.aged);
}

void StreamConnection::WriteGathered(const Gather& gather) {
  if (phase_ != Phase::kTurn) return;
  if (!stream_->Write(gather.pieces, gather.record_ends)) return Close();
  if (stream_->unsent() > 0) UpdateWatch();
}

void StreamConnection::OnWritable() {
  if (!stream_->Flush()) return Close();
  DrainQueue();
  if (phase_ == Phase::kTurn) UpdateWatch();
}

void StreamConnection::DrainQueue() {
  while (queue_ != nullptr && stream_->unsent() == 0) {
    MediaQueue::Dropped dropped;
    const std::vector<uint8_t> bytes = queue_->Pop(kDrainBytes, worker_.now().instant,
                                                   worker_.settings().media_queue_age, &dropped);
    CountDropped(dropped);
    if (queue_->empty()) queue_.reset();
    if (!bytes.empty() && !stream_->Write(bytes)) return Close();
  }
}

void StreamConnection::UpdateWatch() {
  if (phase_ == Phase::kGone) return;
  const bool waiting = session_ != nullptr && session_->turn().waiting();
  const bool deaf = queue_ != nullptr && queue_->reply_bytes() > kMostUnreadReplies;
  watch_.Want(!waiting && !deaf && !input_over_, stream_->unsent() > 0 || queue_ != nullptr);
}

// --- life

void StreamConnection::OnSessionChanged() {
  if (phase_ != Phase::kTurn && phase_ != Phase::kAside) return;
  if (serving_ || closing_) return;
  if (session_->idle_too_long()) return Close();
  if (phase_ == Phase::kAside) return;
  if (session_->turn().waiting()) return;
  // A ConnectionBind that had to wait; what the client sent behind it is the peer's.
  if (joined_) return Join(std::exchange(partial_, {}));
  // A credential arrived: serve what waited behind its request, in order.
  if (!partial_.empty() && !watch_.reading()) {
    const std::vector<uint8_t> waited = std::exchange(partial_, {});
    Serve(waited);
    worker_.output().FlushPeers();
  }
  if (phase_ == Phase::kTurn && input_over_ && !session_->turn().waiting()) return Close();
  if (phase_ == Phase::kTurn) UpdateWatch();
}

void StreamConnection::Close() {
  if (phase_ == Phase::kGone || closing_) return;
  closing_ = true;
  if (phase_ == Phase::kSniff && !partial_.empty()) {
    worker_.counters().tls_handshakes[observe::TlsVersion::kUnknown].failed.Add();
  }
  if (session_ != nullptr) {
    // Ends the allocation while answers can still leave, then sends what is gathered.
    session_->ClientGone();
    worker_.output().FlushStream(*this);
  }
  watch_.Stop();
  if (phase_ == Phase::kAside) {
    worker_.AbandonHandshake(aside_);
  } else {
    stream_->FinishWriting();
  }
  Leave();
}

TlsNames StreamConnection::Tls() const {
  const SSL* const ssl = stream_->ssl();
  if (ssl == nullptr) return {};
  return {SSL_get_version(ssl), SSL_get_cipher_name(ssl)};
}

void StreamConnection::Leave() {
  phase_ = Phase::kGone;
  worker_.Forget(this);
}

}  // namespace culvert::relay
