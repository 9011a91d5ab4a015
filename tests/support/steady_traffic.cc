#include "tests/support/steady_traffic.h"

#include <poll.h>

#include <algorithm>

namespace culvert::testing {
namespace {

using std::chrono::steady_clock;

// How long what is under way may take.
constexpr milliseconds kArrivalPatience = seconds(10);

}  // namespace

SteadyTraffic::~SteadyTraffic() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void SteadyTraffic::Start() {
  thread_ = std::thread([this] { Run(); });
}

void SteadyTraffic::Run() {
  auto tick = steady_clock::now();
  auto renewal = tick + kRenewal;
  while (!stop_) {
    for (auto& session : sessions_) {
      if (session->healthy()) session->Send();
    }
    ++steps_;
    // A tick that was missed is not made up for: a burst is no steady traffic.
    tick = std::max(tick + tick_, steady_clock::now());
    ReceiveUntil(tick);
    if (steady_clock::now() < renewal) continue;
    renewal += kRenewal;
    for (auto& session : sessions_) session->Renew();
  }
}

// Until `until`, or until all has arrived once the sending is over.
void SteadyTraffic::ReceiveUntil(Time until) {
  std::vector<pollfd> sockets;
  for (const auto& session : sessions_) {
    if (!session->healthy()) continue;
    for (const int fd : session->sockets()) sockets.push_back({fd, POLLIN, 0});
  }
  for (;;) {
    for (auto& session : sessions_) {
      session->Receive();
      if (!session->healthy()) healthy_ = false;
    }
    const bool all = std::all_of(sessions_.begin(), sessions_.end(), [](const auto& session) {
      return !session->healthy() || session->AllArrived();
    });
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now()).count();
    if (left <= 0 || (stop_ && all)) return;
    poll(sockets.data(), sockets.size(), static_cast<int>(left));
  }
}

std::vector<std::string> SteadyTraffic::Stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  ReceiveUntil(steady_clock::now() + kArrivalPatience);
  std::vector<std::string> faults;
  for (auto& session : sessions_) {
    if (session->healthy() && !session->AllArrived()) {
      faults.push_back(session->name() + ": " + std::to_string(session->received()) + " of " +
                       std::to_string(session->sent()) + " arrived");
    }
    session->End();
    if (!session->healthy()) faults.push_back(session->fault());
  }
  sessions_.clear();
  return faults;
}

}  // namespace culvert::testing
