#include "tests/bench/bulk_load.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

namespace culvert::bench {
namespace {

constexpr std::chrono::nanoseconds kLongestTurn = std::chrono::milliseconds(20);
// What is still on its way after that long is called lost.
constexpr uint64_t kLongestDrain = 3'000'000'000;

using Streams = std::vector<std::unique_ptr<BulkStream>>;

BulkCounts UpCounts(const Streams& streams) {
  BulkCounts all;
  for (const auto& stream : streams) all += stream->up();
  return all;
}

BulkCounts DownCounts(const Streams& streams) {
  BulkCounts all;
  for (const auto& stream : streams) all += stream->down();
  return all;
}

void RunFor(double seconds, Poller& poller) {
  const uint64_t end = poller.now() + static_cast<uint64_t>(seconds * 1e9);
  while (poller.now() < end) poller.RunOnce(kLongestTurn);
}

bool Complete(const BulkCounts& counts) {
  return counts.delivered == counts.sent;
}

void Drain(const Streams& streams, Poller& poller) {
  for (const auto& stream : streams) stream->StopSending();
  const uint64_t end = poller.now() + kLongestDrain;
  while (poller.now() < end && !(Complete(UpCounts(streams)) && Complete(DownCounts(streams))))
    poller.RunOnce(kLongestTurn);
}

}  // namespace

Result<BulkResult, std::string> RunBulk(const Options& options) {
  Poller poller;
  Streams streams;
  const net::Fd target = ListenAsTarget(options);
  if (!target.valid()) return Failure{std::string("listening as target: ") + std::strerror(errno)};
  for (size_t i = 0; i < options.sessions; ++i) {
    auto path = OpenStreamPath(options, target);
    if (!path) return Failure{path.error()};
    streams.push_back(std::make_unique<BulkStream>(poller, std::move(*path)));
  }
  poller.RunOnce(std::chrono::nanoseconds(0));
  for (const auto& stream : streams) stream->StartSending(options.up, options.down);
  RunFor(options.warm_up_seconds, poller);

  const BulkCounts up_before = UpCounts(streams), down_before = DownCounts(streams);
  WindowMeter meter(options.server_pid);
  meter.Start();
  RunFor(options.seconds, poller);
  BulkResult result;
  result.cost = meter.Stop();
  result.up.bytes = UpCounts(streams).delivered - up_before.delivered;
  result.down.bytes = DownCounts(streams).delivered - down_before.delivered;

  Drain(streams, poller);
  result.up.all = UpCounts(streams);
  result.down.all = DownCounts(streams);
  result.ended_sessions = static_cast<size_t>(std::count_if(
      streams.begin(), streams.end(), [](const auto& stream) { return stream->ended(); }));
  return result;
}

}  // namespace culvert::bench
