#include "tests/soak/allocation_churn.h"

#include <array>
#include <string>

namespace culvert::soak {
namespace {

using testing::ClientTransport;

// Clients wait for their answers; several at a time keep the rate when one waits longer.
constexpr unsigned kThreads = 4;
constexpr std::array kTransports = {ClientTransport::kUdp, ClientTransport::kTcp,
                                    ClientTransport::kTls};
// Of so many allocations one is dropped with FIN, one with RST.
constexpr unsigned kDropPeriod = 8;
constexpr unsigned kWithFin = 3;
constexpr unsigned kWithReset = 7;

}  // namespace

AllocationChurn::AllocationChurn(const testing::RelayProcess& relay, double per_second, RunEnd& end,
                                 Findings& findings)
    : relay_(relay), end_(end), findings_(findings) {
  for (unsigned i = 0; i < kThreads; ++i) {
    threads_.emplace_back([this, per_second, i] { Run(per_second / kThreads, i); });
  }
}

void AllocationChurn::Join() {
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void AllocationChurn::Run(double per_second, unsigned first) {
  Pace pace(end_, per_second);
  for (unsigned number = first; pace.Next(); ++number) ComeAndGo(number);
}

void AllocationChurn::ComeAndGo(unsigned number) {
  const ClientTransport transport = kTransports[number % kTransports.size()];
  const auto complain = [&](const char* step, const testing::ClientError& error) {
    findings_.Add(std::string(step) + " over " + testing::ClientTransportName(transport) + ": " +
                  error.ToString());
  };
  auto client = relay_.Connect(transport);
  if (!client) return complain("connecting", client.error());
  const auto answer = client->Allocate({});
  if (!answer) return complain("allocating", answer.error());
  ++done_;
  const unsigned way = number % kDropPeriod;
  // Over UDP there is no connection to drop: the allocation would stay for its lifetime.
  if (transport != ClientTransport::kUdp && way == kWithFin) return;
  if (transport != ClientTransport::kUdp && way == kWithReset) return client->connection().Abort();
  if (const auto ended = client->Refresh(0); !ended) complain("ending", ended.error());
}

}  // namespace culvert::soak
