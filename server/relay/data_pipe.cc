#include "server/relay/data_pipe.h"

#include <algorithm>
#include <utility>

#include "server/net/socket.h"
#include "server/relay/worker.h"

namespace culvert::relay {

DataPipe::DataPipe(Worker& worker, turn::ConnectionId id, observe::SessionId owner,
                   turn::Transport transport, uint64_t bytes_per_second,
                   std::unique_ptr<net::Stream> client, std::unique_ptr<net::Stream> peer)
    : worker_(worker), id_(id), owner_(owner), transport_(transport) {
  sides_[kClient].stream = std::move(client);
  sides_[kPeer].stream = std::move(peer);
  for (const SideIndex index : {kClient, kPeer}) {
    sides_[index].pipe = this;
    sides_[index].index = index;
    sides_[index].limit = RateLimit(bytes_per_second);
    // Bulk wants full buffers, and nothing in them may be dropped anyway.
    net::SetUnsentLimit(sides_[index].stream->fd(), 0);
  }
  worker_.counters().data_connections_open.Up();
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
  if ((what & net::FdHandler::kWritable) != 0 && !side.stream->Flush()) return Reset();
  if ((what & net::FdHandler::kReadable) != 0 && WantsInput(side)) Forward(side);
  if (ended_) return;
  UpdateWatches();
  EndIfDone();
}

void DataPipe::Forward(Side& from) {
  const net::StreamRead read = from.stream->Read();
  if (!read.data.empty()) PassOn(from, read.data);
  if (ended_ || read.end == net::StreamEnd::kOpen) return;
  if (read.end != net::StreamEnd::kFin) return Reset();
  from.input_over = true;
  from.other().stream->FinishWriting();
}

void DataPipe::PassOn(Side& from, ByteView data) {
  auto& traffic = worker_.counters().tcp_relayed[transport_];
  auto& flow = from.index == kClient ? traffic.client_to_peer : traffic.peer_to_client;
  flow.received_bytes.Add(data.size());
  from.limit.Charge(data.size(), worker_.now().instant);
  if (!from.other().stream->Write(data)) return Reset();
  flow.sent_bytes.Add(data.size());
}

bool DataPipe::WantsInput(const Side& side) const {
  // Back pressure: not while the other side has something unsent.
  return !closing_ && !side.input_over && side.other().stream->unsent() == 0 &&
         side.paused_until <= worker_.now().instant;
}

void DataPipe::UpdateWatches() {
  const Instant now = worker_.now().instant;
  for (Side& side : sides_) {
    const Instant ready = side.limit.Ready(now);
    side.paused_until = ready > now ? ready : Instant();
    side.watch.Want(WantsInput(side), side.stream->unsent() > 0);
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
  const bool delivered =
      sides_[kClient].stream->unsent() == 0 && sides_[kPeer].stream->unsent() == 0;
  const bool over = closing_ || (sides_[kClient].input_over && sides_[kPeer].input_over);
  if (over && delivered) End();
}

void DataPipe::Shut(bool flush) {
  if (ended_) return;
  if (!flush) return Reset();
  closing_ = true;
  for (Side& side : sides_) side.stream->FinishWriting();
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
