#include "server/relay/data_pipe.h"

#include <algorithm>
#include <utility>

#include "server/net/socket.h"
#include "server/relay/worker.h"

namespace culvert::relay {
namespace {

// How long a side that still sends to one that is gone may take to read what it was sent. Longer
// lets it send into the void for longer, shorter cuts off slow readers.
constexpr seconds kTimeToRead{5};

}  // namespace

DataPipe::DataPipe(Worker& worker, turn::ConnectionId id, observe::SessionId owner,
                   turn::Transport transport, std::shared_ptr<Bandwidth> bandwidth,
                   std::shared_ptr<ObservedAllocation> observed,
                   std::unique_ptr<net::Stream> client, std::unique_ptr<net::Stream> peer)
    : worker_(worker),
      id_(id),
      owner_(owner),
      transport_(transport),
      bandwidth_(std::move(bandwidth)),
      observed_(std::move(observed)) {
  sides_[kClient].stream = std::move(client);
  sides_[kPeer].stream = std::move(peer);
  for (const SideIndex index : {kClient, kPeer}) {
    sides_[index].pipe = this;
    sides_[index].index = index;
    // Bulk wants full buffers, and nothing in them may be dropped anyway.
    net::SetUnsentLimit(sides_[index].stream->fd(), 0);
  }
  if (bandwidth_ != nullptr) {
    sides_[kClient].limit = &bandwidth_->up;
    sides_[kPeer].limit = &bandwidth_->down;
  }
  worker_.counters().data_connections_open.Up();
  if (sides_[kClient].stream->SendThroughKernel()) worker_.counters().kernel_tls_streams.Add();
}

DataPipe::~DataPipe() {
  worker_.counters().data_connections_open.Down();
}

void DataPipe::Start(ByteView from_client) {
  for (Side& side : sides_) {
    side.watch.Start(worker_.loop(), side.stream->fd(), &side, false, false);
  }
  if (!from_client.empty()) PassOn(sides_[kClient], from_client);
  if (!ended_) UpdateWatches();
}

void DataPipe::OnReady(Side& side, unsigned what) {
  if (ended_) return;
  if ((what & net::FdHandler::kWritable) != 0) {
    if (!side.stream->Flush()) Lose(side);
    if (!ended_ && !side.gone) Drain(side.other());
  }
  if (!ended_ && (what & net::FdHandler::kReadable) != 0 && WantsInput(side)) Forward(side);
  if (ended_) return;
  UpdateWatches();
  EndIfDone();
}

void DataPipe::Forward(Side& from) {
  const size_t most = MayRead(from);
  // Another connection of the allocation may have spent its bandwidth in this turn.
  if (most == 0) return;
  if (CanSplice(from) && Splice(from, most)) return;
  const net::StreamRead read = from.stream->Read({}, most);
  if (!read.data.empty()) Discards(from) ? Discard(from) : PassOn(from, read.data);
  if (ended_ || from.gone || read.end == net::StreamEnd::kOpen) return;
  if (read.end != net::StreamEnd::kFin) return Lose(from);
  OnFin(from);
}

void DataPipe::OnFin(Side& from) {
  from.input_over = true;
  if (!from.other().gone) from.other().stream->FinishWriting();
}

bool DataPipe::CanSplice(const Side& from) const {
  return !from.stream->is_tls() && !Discards(from) && from.other().stream->sends_plain();
}

size_t DataPipe::MayRead(Side& from) {
  return from.limit != nullptr && !Discards(from) ? from.limit->Left(worker_.now().instant)
                                                  : SIZE_MAX;
}

bool DataPipe::Splice(Side& from, size_t most) {
  from.spliced = worker_.splice_pipes().Take();
  if (from.spliced == nullptr) return false;
  const net::SysResult got = from.spliced->Fill(from.stream->fd(), most);
  if (got.value > 0) {
    const auto size = static_cast<uint64_t>(got.value);
    CountReceived(from, size);
    if (from.limit != nullptr) from.limit->Charge(size, worker_.now().instant);
    Drain(from);
    return true;
  }
  worker_.splice_pipes().GiveBack(std::move(from.spliced));
  // Readable, but splice takes nothing: it halts before urgent data, which a read skips.
  if (got.would_block() || got.error == EINTR) return false;
  got.ok() ? OnFin(from) : Lose(from);
  return true;
}

void DataPipe::Drain(Side& from) {
  if (from.spliced == nullptr) return;
  const net::SysResult taken = from.spliced->Drain(from.other().stream->fd());
  if (taken.value > 0) CountSent(from, static_cast<uint64_t>(taken.value));
  const bool broken = !taken.ok() && !taken.would_block();
  if (!broken && from.spliced->inside() > 0) return;
  worker_.splice_pipes().GiveBack(std::move(from.spliced));
  if (broken) return Lose(from.other());
  if (closing_) from.other().stream->FinishWriting();
}

size_t DataPipe::Unsent(const Side& side) const {
  const auto& spliced = side.other().spliced;
  return side.stream->unsent() + (spliced != nullptr ? spliced->inside() : 0);
}

observe::TcpFlow& DataPipe::FlowFrom(const Side& from) {
  auto& traffic = worker_.counters().tcp_relayed[transport_];
  return from.index == kClient ? traffic.client_to_peer : traffic.peer_to_client;
}

void DataPipe::CountReceived(const Side& from, uint64_t size) {
  FlowFrom(from).received_bytes.Add(size);
  if (observed_ == nullptr) return;
  from.index == kClient ? observed_->FromClient(size) : observed_->FromPeer(size);
}

void DataPipe::CountSent(const Side& from, uint64_t size) {
  FlowFrom(from).sent_bytes.Add(size);
  if (observed_ == nullptr) return;
  from.index == kClient ? observed_->ToPeer(size) : observed_->ToClient(size);
}

void DataPipe::PassOn(Side& from, ByteView data) {
  CountReceived(from, data.size());
  if (from.limit != nullptr) from.limit->Charge(data.size(), worker_.now().instant);
  if (!from.other().stream->Write(data)) return Lose(from.other());
  CountSent(from, data.size());
}

void DataPipe::Discard(Side& from) {
  if (closing_ || Unsent(from) > 0) return;
  if (net::UnacknowledgedBytes(from.stream->fd()) > 0) return;
  // It talks to somebody who is gone, and its kernel has all that was meant for it. RST tells it,
  // but not before it had time to read.
  closing_ = true;
  deadline_ = worker_.now().instant + kTimeToRead;
}

void DataPipe::Lose(Side& side) {
  if (!side.input_over && !closing_) return Reset();
  side.gone = true;
  side.watch.Stop();
  side.stream->Abort();
}

bool DataPipe::WantsInput(const Side& side) const {
  if (side.input_over || side.gone || side.paused_until > worker_.now().instant) return false;
  // Back pressure: not while the other side has something unsent.
  return Discards(side) || Unsent(side.other()) == 0;
}

void DataPipe::UpdateWatches() {
  const Instant now = worker_.now().instant;
  for (Side& side : sides_) {
    const Instant ready = side.limit != nullptr ? side.limit->Ready(now) : now;
    side.paused_until = ready > now ? ready : Instant();
    if (!side.gone) side.watch.Want(WantsInput(side), Unsent(side) > 0);
  }
  ArmTimer();
}

void DataPipe::ArmTimer() {
  const bool half_closed = sides_[kClient].input_over || sides_[kPeer].input_over;
  if (half_closed && !closing_) {
    deadline_ = worker_.now().instant + worker_.settings().half_closed_timeout;
  }
  Instant wake = deadline_;
  for (const Side& side : sides_) {
    if (side.paused_until != Instant()) wake = std::min(wake, side.paused_until);
  }
  worker_.wheel().Arm(this, wake);
}

void DataPipe::OnTimer(Instant now) {
  if (deadline_ <= now) return Reset();
  UpdateWatches();
}

void DataPipe::EndIfDone() {
  // Only when both sides' FINs were read: closing a socket that holds unread bytes sends RST, which
  // takes with it what is still on its way to that side.
  const auto done = [this](const Side& side) {
    return side.gone || (side.input_over && Unsent(side) == 0);
  };
  if (done(sides_[kClient]) && done(sides_[kPeer])) End();
}

void DataPipe::Shut(bool flush) {
  if (ended_) return;
  if (!flush) return Reset();
  closing_ = true;
  for (Side& side : sides_) {
    // What a pipe holds goes first; Drain does it then.
    if (!side.gone && side.other().spliced == nullptr) side.stream->FinishWriting();
  }
  deadline_ = worker_.now().instant + worker_.settings().linger_timeout;
  UpdateWatches();
  EndIfDone();
}

void DataPipe::Reset() {
  for (Side& side : sides_) side.stream->Abort();
  End();
}

void DataPipe::End() {
  if (std::exchange(ended_, true)) return;
  for (Side& side : sides_) side.watch.Stop();
  worker_.wheel().Disarm(this);
  worker_.PipeEnded(this, owner_);
}

}  // namespace culvert::relay
