#include "tests/bench/storm.h"

#include <sched.h>

#include "tests/bench/client_settings.h"
#include "tests/bench/waiting.h"

namespace culvert::bench {
namespace {

using std::chrono::steady_clock;

// Handshakes that may be under way: a server that takes longer than a tenth of a second for each
// gets fewer than the rate says.
constexpr size_t kThreads = 48;

void YieldToEveryone() {
  const sched_param none{};
  sched_setscheduler(0, SCHED_IDLE, &none);
}

}  // namespace

Storm::Storm(const Options& options) : options_(options) {
  for (size_t i = 0; i < kThreads; ++i) threads_.emplace_back([this] { Run(); });
}

StormCounts Storm::Stop() {
  over_ = true;
  const std::chrono::duration<double> lasted = steady_clock::now() - start_;
  const uint64_t connections = connections_.load();
  for (std::thread& thread : threads_) thread.join();
  return {connections, failed_.load(), lasted.count()};
}

void Storm::Run() {
  YieldToEveryone();
  for (;;) {
    WaitUntil(start_ + DueInStorm(begun_.fetch_add(1), options_.storm_rate));
    if (over_.load()) return;
    testing::ConnectionSettings settings = ClientSettings(options_);
    settings.session = nullptr;
    settings.from = NextSource(options_.server);
    auto& count = testing::ClientConnection::Open(settings) ? connections_ : failed_;
    count.fetch_add(1);
  }
}

std::chrono::nanoseconds DueInStorm(uint64_t number, double rate) {
  return std::chrono::nanoseconds(static_cast<int64_t>(static_cast<double>(number) / rate * 1e9));
}

}  // namespace culvert::bench
