#include "tests/bench/allocation_cycle.h"

#include "tests/bench/bare_client.h"
#include "tests/bench/client_settings.h"
#include "tests/support/turn_client.h"

namespace culvert::bench {
namespace {

using std::chrono::steady_clock;
using testing::ClientConnection;
using testing::ClientResult;
using testing::ConnectionSettings;
using testing::TurnClient;

// Allocate, Allocate with credentials, Refresh.
constexpr int kRoundTrips = 3;

class AllocationCycle : public Cycle {
 public:
  explicit AllocationCycle(const Options& options) : options_(options) {}

  ClientResult<CycleDone> Run() override {
    ConnectionSettings settings = ClientSettings(options_);
    settings.from = NextSource(options_.server);
    return options_.protocol == Protocol::kTurn ? Allocate(settings) : Greet(settings);
  }

 private:
  ClientResult<CycleDone> Allocate(const ConnectionSettings& settings) const {
    const auto start = steady_clock::now();
    auto client = TurnClient::Connect(settings, {options_.user, options_.password});
    if (!client) return Failure{client.error()};
    const auto allocation = client->Allocate({});
    if (!allocation) return Failure{allocation.error()};
    const CycleDone done = {steady_clock::now() - start, IsResumed(client->connection())};
    const auto deleted = client->Refresh(0);
    if (!deleted) return Failure{deleted.error()};
    return done;
  }

  static ClientResult<CycleDone> Greet(const ConnectionSettings& settings) {
    const auto start = steady_clock::now();
    auto connection = ClientConnection::Open(settings);
    if (!connection) return Failure{connection.error()};
    CycleDone done{};
    for (int trip = 0; trip < kRoundTrips; ++trip) {
      if (const auto greeted = GreetBare(*connection); !greeted) return Failure{greeted.error()};
      // As an allocation stands with the second answer.
      if (trip == 1) done = {steady_clock::now() - start, IsResumed(*connection)};
    }
    return done;
  }

  const Options& options_;
};

}  // namespace

Result<std::unique_ptr<Cycle>, std::string> MakeAllocationCycle(const Options& options) {
  return std::unique_ptr<Cycle>(std::make_unique<AllocationCycle>(options));
}

}  // namespace culvert::bench
