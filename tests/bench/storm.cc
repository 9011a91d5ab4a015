#include "tests/bench/storm.h"

#include <sched.h>

#include <algorithm>

#include "tests/bench/client_settings.h"
#include "tests/bench/waiting.h"
#include "tests/support/turn_client.h"

namespace culvert::bench {
namespace {

using std::chrono::steady_clock;

// Clients that may be under way: a server that lets them wait, at 500 a second longer than a tenth
// of a second each, gets fewer than the rate says.
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
  const uint64_t clients = clients_.load();
  for (std::thread& thread : threads_) thread.join();
  const uint64_t came = clients_.load() + failed_.load();
  return {clients, failed_.load(), std::min<uint64_t>(came, options_.storm_users), lasted.count()};
}

void Storm::Run() {
  YieldToEveryone();
  for (;;) {
    const uint64_t number = begun_.fetch_add(1);
    WaitUntil(start_ + DueInStorm(number, options_.storm_rate));
    if (over_.load()) return;
    (Client(number) ? clients_ : failed_).fetch_add(1);
  }
}

bool Storm::Client(uint64_t number) const {
  testing::ConnectionSettings settings = ClientSettings(options_);
  settings.session = nullptr;
  settings.from = NextSource(options_.server);
  if (options_.storm_users == 0) return testing::ClientConnection::Open(settings).ok();
  const std::string user = StormUser(number, options_.storm_users);
  auto client = testing::TurnClient::Connect(settings, {user, options_.password});
  return client && client->Allocate({}) && client->Refresh(0);
}

std::chrono::nanoseconds DueInStorm(uint64_t number, double rate) {
  return std::chrono::nanoseconds(static_cast<int64_t>(static_cast<double>(number) / rate * 1e9));
}

std::string StormUser(uint64_t number, size_t users) {
  return "user" + std::to_string(number % users);
}

}  // namespace culvert::bench
