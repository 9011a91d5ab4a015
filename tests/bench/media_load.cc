#include "tests/bench/media_load.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "server/stun/protocol.h"
#include "tests/bench/media_session.h"

namespace culvert::bench {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kLongestTurn = std::chrono::milliseconds(20);
// Sparse load: packets that fall due within one such step leave together.
constexpr nanoseconds kPacingStep = std::chrono::microseconds(200);
// The run is over when nothing has arrived for that long.
constexpr uint64_t kQuiet = 300'000'000;
constexpr uint64_t kLongestDrain = 3'000'000'000;

uint64_t Nanoseconds(double seconds) {
  return static_cast<uint64_t>(seconds * 1e9);
}

class MediaLoad {
 public:
  explicit MediaLoad(const Options& options)
      : options_(options), train_({options.gso, options.gro}) {}

  Result<Ok, std::string> Open();
  MediaResult Run();

 private:
  bool sparse() const { return options_.rate > 0; }
  void RunFor(double seconds);
  void Drain();
  void SendDue();
  void CheckSilence();
  void ForgetDelays();
  FlowCounts UpCounts() const;
  FlowCounts DownCounts() const;
  void CollectDelays(MediaResult* result) const;
  Delays AllDelays() const;
  StormResult RunStorm();

  const Options& options_;
  Poller poller_;
  UdpTrain train_;
  std::vector<uint8_t> stream_room_ = std::vector<uint8_t>(2 * stun::kMaxMessageSize);
  const SharedParts shared_{poller_, train_, stream_room_};
  std::vector<std::unique_ptr<MediaSession>> sessions_;
  uint64_t paced_from_ = 0;  // when packet 0 of the sparse load was due
  uint64_t paced_ = 0;       // packets of the sparse load sent, per direction
  uint64_t silence_checked_ = 0;
};

Result<Ok, std::string> MediaLoad::Open() {
  for (uint32_t number = 0; number < options_.sessions; ++number) {
    auto session = MediaSession::Open(options_, number, shared_);
    if (!session) return Failure{session.error()};
    sessions_.push_back(std::move(*session));
  }
  return Ok{};
}

MediaResult MediaLoad::Run() {
  poller_.RunOnce(nanoseconds(0));
  paced_from_ = silence_checked_ = poller_.now();
  if (!sparse()) {
    for (auto& session : sessions_) session->Saturate();
  }
  RunFor(options_.warm_up_seconds);

  ForgetDelays();
  const FlowCounts up_before = UpCounts(), down_before = DownCounts();
  WindowMeter meter(options_.server_pid);
  meter.Start();
  RunFor(options_.seconds);
  MediaResult result;
  result.cost = meter.Stop();
  result.up.packets = (UpCounts() - up_before).delivered;
  result.down.packets = (DownCounts() - down_before).delivered;
  CollectDelays(&result);
  if (options_.storm_rate > 0) result.storm = RunStorm();

  Drain();
  result.up.all = UpCounts();
  result.down.all = DownCounts();
  result.ended_sessions = static_cast<size_t>(std::count_if(
      sessions_.begin(), sessions_.end(), [](const auto& session) { return session->ended(); }));
  return result;
}

StormResult MediaLoad::RunStorm() {
  StormResult result;
  result.quiet = AllDelays();
  Storm storm(options_);
  // Until the storm is in full swing its delays are neither.
  RunFor(options_.warm_up_seconds);
  ForgetDelays();
  RunFor(options_.seconds);
  result.stormy = AllDelays();
  result.counts = storm.Stop();
  return result;
}

void MediaLoad::RunFor(double seconds) {
  const uint64_t end = poller_.now() + Nanoseconds(seconds);
  while (poller_.now() < end) {
    poller_.RunOnce(sparse() ? kPacingStep : kLongestTurn);
    if (sparse()) SendDue();
    CheckSilence();
  }
}

void MediaLoad::SendDue() {
  const double elapsed = static_cast<double>(poller_.now() - paced_from_) / 1e9;
  const double all_rate = options_.rate * static_cast<double>(sessions_.size());
  const auto due = static_cast<uint64_t>(elapsed * all_rate);
  for (; paced_ < due; ++paced_) {
    // A packet's time starts when it leaves, not when the packets before it did.
    poller_.ReadClock();
    sessions_[paced_ % sessions_.size()]->SendOne();
  }
}

void MediaLoad::CheckSilence() {
  if (poller_.now() - silence_checked_ < uint64_t{Flow::kSilenceNanoseconds}) return;
  silence_checked_ = poller_.now();
  for (auto& session : sessions_) session->OnSilenceCheck();
}

void MediaLoad::Drain() {
  for (auto& session : sessions_) session->StopSending();
  const uint64_t start = poller_.now();
  uint64_t last_arrival = start;
  uint64_t delivered = UpCounts().delivered + DownCounts().delivered;
  while (poller_.now() - last_arrival < kQuiet && poller_.now() - start < kLongestDrain) {
    poller_.RunOnce(kLongestTurn);
    const uint64_t now_delivered = UpCounts().delivered + DownCounts().delivered;
    if (now_delivered != delivered) last_arrival = poller_.now();
    delivered = now_delivered;
  }
}

FlowCounts MediaLoad::UpCounts() const {
  FlowCounts all;
  for (const auto& session : sessions_) all += session->up().counts();
  return all;
}

FlowCounts MediaLoad::DownCounts() const {
  FlowCounts all;
  for (const auto& session : sessions_) all += session->down().counts();
  return all;
}

void MediaLoad::ForgetDelays() {
  for (auto& session : sessions_) session->ForgetDelays();
}

Delays MediaLoad::AllDelays() const {
  Delays all;
  for (const auto& session : sessions_) {
    all.Add(session->up_delays());
    all.Add(session->down_delays());
  }
  return all;
}

void MediaLoad::CollectDelays(MediaResult* result) const {
  for (const auto& session : sessions_) {
    result->up.delays.Add(session->up_delays());
    result->down.delays.Add(session->down_delays());
  }
}

}  // namespace

Result<MediaResult, std::string> RunMedia(const Options& options) {
  MediaLoad load(options);
  if (auto opened = load.Open(); !opened) return Failure{opened.error()};
  return load.Run();
}

}  // namespace culvert::bench
