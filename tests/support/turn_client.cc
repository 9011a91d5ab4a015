#include "tests/support/turn_client.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "auth/keys.h"
#include "server/stun/channel_data.h"
#include "server/stun/framer.h"
#include "server/stun/integrity.h"

namespace culvert::testing {
namespace {

using std::chrono::steady_clock;
using stun::AttributeType;
using stun::Class;
using stun::Message;
using stun::Method;

constexpr size_t kRequestRoom = 2048;
// RFC 8489 section 6.2.1: the first repetition over UDP, doubled each time.
constexpr milliseconds kFirstRetransmission{500};

stun::TransactionId RandomId() {
  stun::TransactionId id;
  RAND_bytes(id.data(), static_cast<int>(id.size()));
  return id;
}

Failure<ClientError> Malformed(const char* what) {
  return Failure{ClientError{ClientFailure::kMalformed, 0, what}};
}

milliseconds Left(SteadyTime until) {
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(until - steady_clock::now()));
}

Failure<ClientError> Refused(const Message& answer) {
  const int code = answer.Error().value_or(0);
  const auto error = static_cast<stun::ErrorCode>(code);
  return Failure{ClientError{
      ClientFailure::kRefused, code,
      std::string(stun::MethodName(answer.method())) + ", " + stun::ReasonPhrase(error)}};
}

std::vector<uint8_t> Copy(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}

std::optional<ClientEvent> EventOf(const Message& message) {
  const auto peer = message.XorAddress(AttributeType::kXorPeerAddress);
  if (message.message_class() != Class::kIndication || !peer) return std::nullopt;
  if (message.method() == Method::kData) {
    const auto data = message.Find(AttributeType::kData);
    return DataEvent{*peer, Copy(data.value_or(ByteView{}))};
  }
  const auto id = message.Uint32(AttributeType::kConnectionId);
  if (message.method() != Method::kConnectionAttempt || !id) return std::nullopt;
  return ConnectionAttemptEvent{*peer, *id};
}

void AddAllocateAttributes(const AllocateRequest& request, stun::Builder& builder) {
  const uint8_t transport[4] = {request.transport, 0, 0, 0};
  builder.Add(AttributeType::kRequestedTransport, transport);
  if (request.lifetime) builder.AddUint32(AttributeType::kLifetime, *request.lifetime);
  if (request.family) {
    const uint8_t family[4] = {*request.family, 0, 0, 0};
    builder.Add(AttributeType::kRequestedAddressFamily, family);
  }
  if (request.mobile) builder.AddEmpty(AttributeType::kMobilityTicket);
}

}  // namespace

ClientResult<TurnClient> TurnClient::Connect(const ConnectionSettings& settings,
                                             const ClientCredentials& credentials) {
  auto connection = ClientConnection::Open(settings);
  if (!connection) return Failure{connection.error()};
  return TurnClient(std::move(*connection), settings, credentials);
}

TurnClient::TurnClient(ClientConnection connection, const ConnectionSettings& settings,
                       const ClientCredentials& credentials)
    : connection_(std::move(connection)), settings_(settings), credentials_(credentials) {
  key_ = auth::DeriveMd5Key(credentials_.username, credentials_.realm, credentials_.password);
}

ClientResult<AllocateAnswer> TurnClient::Allocate(const AllocateRequest& request) {
  auto answer = Transact(Method::kAllocate, [&request](stun::Builder& builder) {
    AddAllocateAttributes(request, builder);
  });
  if (!answer) return Failure{answer.error()};
  const auto message = Message::Parse(*answer);
  const auto relayed = message->XorAddress(AttributeType::kXorRelayedAddress);
  const auto mapped = message->XorAddress(AttributeType::kXorMappedAddress);
  const auto lifetime = message->Uint32(AttributeType::kLifetime);
  if (!relayed || !mapped || !lifetime) return Malformed("Allocate: an address or LIFETIME lacks");
  const auto ticket = message->Find(AttributeType::kMobilityTicket);
  return AllocateAnswer{*relayed, *mapped, *lifetime, Copy(ticket.value_or(ByteView{}))};
}

ClientResult<uint32_t> TurnClient::Refresh(uint32_t lifetime) {
  auto answer = Transact(Method::kRefresh, [lifetime](stun::Builder& builder) {
    builder.AddUint32(AttributeType::kLifetime, lifetime);
  });
  if (!answer) return Failure{answer.error()};
  const auto granted = Message::Parse(*answer)->Uint32(AttributeType::kLifetime);
  if (!granted) return Malformed("Refresh: LIFETIME lacks");
  return *granted;
}

ClientResult<Ok> TurnClient::CreatePermission(std::span<const Endpoint> peers) {
  auto answer = Transact(Method::kCreatePermission, [peers](stun::Builder& builder) {
    for (const Endpoint& peer : peers) builder.AddXorAddress(AttributeType::kXorPeerAddress, peer);
  });
  if (!answer) return Failure{answer.error()};
  return Ok{};
}

ClientResult<Ok> TurnClient::ChannelBind(uint16_t channel, const Endpoint& peer) {
  auto answer = Transact(Method::kChannelBind, [&](stun::Builder& builder) {
    builder.AddChannelNumber(channel);
    builder.AddXorAddress(AttributeType::kXorPeerAddress, peer);
  });
  if (!answer) return Failure{answer.error()};
  return Ok{};
}

ClientResult<uint32_t> TurnClient::ConnectToPeer(const Endpoint& peer) {
  auto answer = Transact(Method::kConnect, [&peer](stun::Builder& builder) {
    builder.AddXorAddress(AttributeType::kXorPeerAddress, peer);
  });
  if (!answer) return Failure{answer.error()};
  const auto id = Message::Parse(*answer)->Uint32(AttributeType::kConnectionId);
  if (!id) return Malformed("Connect: CONNECTION-ID lacks");
  return *id;
}

ClientResult<ClientConnection> TurnClient::BindDataConnection(uint32_t connection_id) {
  return BindDataConnection(connection_id, settings_);
}

ClientResult<ClientConnection> TurnClient::BindDataConnection(uint32_t connection_id,
                                                              const ConnectionSettings& settings) {
  // Realm and nonce of the control connection are good for the data connection (RFC 6062 4.4).
  auto data = Connect(settings, credentials_);
  if (!data) return Failure{data.error()};
  auto answer = data->Transact(Method::kConnectionBind, [connection_id](stun::Builder& builder) {
    builder.AddUint32(AttributeType::kConnectionId, connection_id);
  });
  if (!answer) return Failure{answer.error()};
  return std::move(data->connection_);
}

ClientResult<Endpoint> TurnClient::MappedAddress() {
  auto answer = Transact(Method::kBinding, [](stun::Builder&) {});
  if (!answer) return Failure{answer.error()};
  const auto mapped = Message::Parse(*answer)->XorAddress(AttributeType::kXorMappedAddress);
  if (!mapped) return Malformed("Binding: XOR-MAPPED-ADDRESS lacks");
  return *mapped;
}

ClientResult<std::vector<uint8_t>> TurnClient::Transact(Method method, const AddAttributes& add) {
  bool may_repeat = true;
  for (;;) {
    uint8_t buffer[kRequestRoom];
    const ByteView request = BuildRequest(buffer, method, add);
    if (request.empty()) return Malformed("the request does not fit");
    auto bytes = Exchange(request);
    if (!bytes) return bytes;
    const auto answer = Message::Parse(*bytes);
    if (!answer) return Malformed(stun::ParseErrorName(answer.error()));
    if (answer->message_class() == Class::kSuccess) {
      if (auto right = CheckIntegrity(request, *answer); !right) return Failure{right.error()};
      return bytes;
    }
    if (!may_repeat || !Learn(*answer)) return Refused(*answer);
    may_repeat = false;
  }
}

ByteView TurnClient::BuildRequest(MutableBytes buffer, Method method, const AddAttributes& add) {
  stun::Builder builder(buffer, Class::kRequest, method, RandomId());
  add(builder);
  if (!credentials_.nonce.empty() && method != Method::kBinding) {
    builder.AddText(AttributeType::kUsername, credentials_.username);
    builder.AddText(AttributeType::kRealm, credentials_.realm);
    builder.AddText(AttributeType::kNonce, credentials_.nonce);
    builder.AddIntegrity(stun::IntegrityKind::kSha1, key_);
  }
  return builder.Finish();
}

ClientResult<std::vector<uint8_t>> TurnClient::Exchange(ByteView request) {
  const SteadyTime deadline = steady_clock::now() + timeout_;
  stun::TransactionId id;
  std::copy_n(request.begin() + 8, id.size(), id.begin());
  for (milliseconds wait = connection_.is_stream() ? timeout_ : kFirstRetransmission;; wait *= 2) {
    if (auto sent = connection_.Send(request, Left(deadline)); !sent) return Failure{sent.error()};
    auto answer = AwaitAnswer(id, std::min(deadline, steady_clock::now() + wait));
    if (answer || answer.error().failure != ClientFailure::kTimeout) return answer;
    if (steady_clock::now() >= deadline) return answer;
  }
}

ClientResult<std::vector<uint8_t>> TurnClient::AwaitAnswer(const stun::TransactionId& id,
                                                           SteadyTime until) {
  for (;;) {
    auto frame = NextFrame(until);
    if (!frame) return frame;
    const auto message = Message::Parse(*frame);
    if (message && message->transaction_id() == id &&
        (message->message_class() == Class::kSuccess || message->message_class() == Class::kError))
      return frame;
    Keep(*frame);
  }
}

ClientResult<std::vector<uint8_t>> TurnClient::NextFrame(SteadyTime until) {
  if (connection_.is_stream()) return NextStreamFrame(until);
  std::vector<uint8_t> datagram(stun::kMaxMessageSize);
  auto size = connection_.Receive(datagram, Left(until));
  if (!size) return Failure{size.error()};
  datagram.resize(*size);
  return datagram;
}

ClientResult<std::vector<uint8_t>> TurnClient::NextStreamFrame(SteadyTime until) {
  for (;;) {
    const stun::Frame frame = stun::NextFrame(received_);
    if (frame.kind == stun::FrameKind::kGarbage) return Malformed("garbage in the stream");
    if (frame.kind != stun::FrameKind::kIncomplete) {
      const auto end = received_.begin() + static_cast<ptrdiff_t>(frame.size);
      std::vector<uint8_t> whole(received_.begin(), end);
      received_.erase(received_.begin(), end);
      return whole;
    }
    // No byte behind this frame is read: behind a ConnectionBind answer they are the peer's.
    const size_t missing = frame.size == 0 ? stun::kChannelHeaderSize - received_.size()
                                           : frame.size - received_.size();
    const size_t had = received_.size();
    received_.resize(had + missing);
    auto size = connection_.Receive(MutableBytes(received_).subspan(had), Left(until));
    received_.resize(had + (size ? *size : 0));
    if (!size) return Failure{size.error()};
  }
}

void TurnClient::Keep(ByteView frame) {
  if (frame.empty()) return;
  if (stun::LooksLikeChannelData(frame.front())) {
    if (const auto data = stun::ParseChannelData(frame))
      events_.push_back(ChannelDataEvent{data->channel, Copy(data->data)});
    return;
  }
  const auto message = Message::Parse(frame);
  if (!message) return;
  if (auto event = EventOf(*message)) events_.push_back(std::move(*event));
}

bool TurnClient::Learn(const Message& error) {
  const int code = error.Error().value_or(0);
  const auto nonce = error.Text(AttributeType::kNonce);
  if (!nonce) return false;
  // A 401 to a request with credentials is final (RFC 8489 section 9.2.5).
  if (code != 438 && !(code == 401 && credentials_.nonce.empty())) return false;
  credentials_.nonce = *nonce;
  if (const auto realm = error.Text(AttributeType::kRealm)) credentials_.realm = *realm;
  key_ = auth::DeriveMd5Key(credentials_.username, credentials_.realm, credentials_.password);
  return true;
}

ClientResult<Ok> TurnClient::CheckIntegrity(ByteView request, const Message& answer) const {
  const auto sent = Message::Parse(request);
  if (sent->integrity_offset() == 0) return Ok{};
  if (stun::VerifyIntegrity(answer, stun::IntegrityKind::kSha1, key_)) return Ok{};
  return Failure{ClientError{ClientFailure::kForged, 0, stun::MethodName(answer.method())}};
}

ClientResult<Ok> TurnClient::SendChannelData(uint16_t channel, ByteView data) {
  const size_t size = stun::kChannelHeaderSize + data.size();
  std::vector<uint8_t> frame(connection_.is_stream() ? stun::PaddedSize(size) : size);
  stun::StoreChannelHeader(frame.data(), channel, static_cast<uint16_t>(data.size()));
  std::copy(data.begin(), data.end(), frame.begin() + stun::kChannelHeaderSize);
  return connection_.Send(frame, timeout_);
}

ClientResult<Ok> TurnClient::SendIndication(const Endpoint& peer, ByteView data) {
  std::vector<uint8_t> buffer(kRequestRoom + data.size());
  stun::Builder builder(buffer, Class::kIndication, Method::kSend, RandomId());
  builder.AddXorAddress(AttributeType::kXorPeerAddress, peer);
  builder.Add(AttributeType::kData, data);
  return connection_.Send(builder.Finish(), timeout_);
}

ClientResult<ClientEvent> TurnClient::NextEvent(milliseconds timeout) {
  const SteadyTime until = steady_clock::now() + timeout;
  while (events_.empty()) {
    auto frame = NextFrame(until);
    if (!frame) return Failure{frame.error()};
    Keep(*frame);
  }
  ClientEvent oldest = std::move(events_.front());
  events_.pop_front();
  return oldest;
}

}  // namespace culvert::testing
