#include "tests/bench/connection_cycle.h"

#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "server/stun/protocol.h"
#include "tests/bench/client_settings.h"
#include "tests/bench/stream_path.h"
#include "tests/support/turn_client.h"

namespace culvert::bench {
namespace {

using std::chrono::steady_clock;
using testing::ClientConnection;
using testing::ClientError;
using testing::ClientFailure;
using testing::ClientResult;
using testing::TurnClient;

constexpr milliseconds kTimeout = seconds(5);
// A relay's connection to a peer leaves its pair of ports unusable for a second, and an allocation
// may connect to an address once: so many peers that none comes again sooner. Few enough addresses
// for the permissions that an allocation may hold.
constexpr size_t kPeerPorts = 16;
constexpr size_t kPeerAddresses = 128;

Failure<ClientError> SystemError(const char* step) {
  const std::string what = std::string(step) + ": " + std::strerror(errno);
  return Failure{ClientError{ClientFailure::kSystem, errno, what}};
}

// Waits until the server has closed its side.
ClientResult<Ok> AwaitEnd(ClientConnection& peer) {
  uint8_t byte;
  for (;;) {
    const auto received = peer.Receive(MutableBytes(&byte, 1), kTimeout);
    if (received) continue;
    const ClientFailure failure = received.error().failure;
    if (failure == ClientFailure::kClosed || failure == ClientFailure::kReset) return Ok{};
    return Failure{received.error()};
  }
}

class TurnCycle : public Cycle {
 public:
  explicit TurnCycle(const Options& options) : options_(options) {}

  Result<Ok, std::string> Prepare();
  ClientResult<CycleDone> Run() override;

 private:
  // Peer n: the address for Connect; its port says which listener hears it.
  Endpoint PeerAddress(size_t n) const {
    const auto last = static_cast<uint8_t>(1 + (n / kPeerPorts) % kPeerAddresses);
    return Endpoint(IpAddress::V4(127, 0, 1, last), ports_[n % kPeerPorts]);
  }

  const Options& options_;
  std::optional<TurnClient> control_;
  std::vector<net::Fd> listeners_;
  std::vector<uint16_t> ports_;
  size_t next_peer_ = 0;
};

Result<Ok, std::string> TurnCycle::Prepare() {
  for (size_t i = 0; i < kPeerPorts; ++i) {
    Endpoint address(IpAddress::V4(0, 0, 0, 0), 0);
    listeners_.push_back(ListenOn(&address, 1));
    if (!listeners_.back().valid()) return Failure{SystemError("listening").error.ToString()};
    ports_.push_back(address.port());
  }
  testing::ConnectionSettings settings = ClientSettings(options_);
  settings.from = NextSource(options_.server);
  auto control = TurnClient::Connect(settings, {options_.user, options_.password});
  if (!control) return Failure{"connecting: " + control.error().ToString()};
  control_.emplace(std::move(*control));
  const auto allocation = control_->Allocate({.transport = stun::kTransportTcp});
  if (!allocation) return Failure{"allocating: " + allocation.error().ToString()};
  return Ok{};
}

ClientResult<CycleDone> TurnCycle::Run() {
  const size_t n = next_peer_++;
  const auto start = steady_clock::now();
  const auto id = control_->ConnectToPeer(PeerAddress(n));
  if (!id) return Failure{id.error()};
  net::Fd accepted = AcceptWithin5Seconds(listeners_[n % kPeerPorts]);
  if (!accepted.valid()) return SystemError("accepting the relay's connection");
  ClientConnection peer = ClientConnection::Adopt(std::move(accepted));
  CycleDone done{};
  {
    testing::ConnectionSettings settings = ClientSettings(options_);
    settings.from = NextSource(options_.server);
    const auto data = control_->BindDataConnection(*id, settings);
    if (!data) return Failure{data.error()};
    done = {steady_clock::now() - start, IsResumed(*data)};
  }
  if (auto ended = AwaitEnd(peer); !ended) return Failure{ended.error()};
  return done;
}

// The peer that a cycle accepts may belong to another thread's connection: each answers one.
class BareCycle : public Cycle {
 public:
  BareCycle(const Options& options, const net::Fd& target) : options_(options), target_(target) {}

  ClientResult<CycleDone> Run() override {
    testing::ConnectionSettings settings = ClientSettings(options_);
    settings.from = NextSource(options_.server);
    const auto start = steady_clock::now();
    std::optional<ClientConnection> peer;
    CycleDone done{};
    {
      auto data = ClientConnection::Open(settings);
      if (!data) return Failure{data.error()};
      uint8_t byte = 1;
      const MutableBytes one(&byte, 1);
      if (auto sent = data->Send(one, kTimeout); !sent) return Failure{sent.error()};
      net::Fd accepted = AcceptWithin5Seconds(target_);
      if (!accepted.valid()) return SystemError("accepting the proxy's connection");
      peer.emplace(ClientConnection::Adopt(std::move(accepted)));
      if (auto got = peer->ReceiveAll(one, kTimeout); !got) return Failure{got.error()};
      if (auto sent = peer->Send(one, kTimeout); !sent) return Failure{sent.error()};
      if (auto got = data->ReceiveAll(one, kTimeout); !got) return Failure{got.error()};
      done = {steady_clock::now() - start, IsResumed(*data)};
    }
    if (auto ended = AwaitEnd(*peer); !ended) return Failure{ended.error()};
    return done;
  }

 private:
  const Options& options_;
  const net::Fd& target_;
};

}  // namespace

Result<std::unique_ptr<Cycle>, std::string> MakeConnectionCycle(const Options& options,
                                                                const net::Fd& target) {
  if (options.protocol == Protocol::kBare)
    return std::unique_ptr<Cycle>(std::make_unique<BareCycle>(options, target));
  auto cycle = std::make_unique<TurnCycle>(options);
  if (auto prepared = cycle->Prepare(); !prepared) return Failure{prepared.error()};
  return std::unique_ptr<Cycle>(std::move(cycle));
}

}  // namespace culvert::bench
