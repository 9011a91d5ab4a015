#include "tests/scenario/relay_fixture.h"

#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <random>

#include "server/net/fd.h"
#include "server/net/socket.h"
#include "tests/support/kernel_tls_double.h"

namespace culvert::testing {
namespace {

using std::chrono::steady_clock;

// Below what the kernel hands out by itself (net.ipv4.ip_local_port_range) and what relays take.
constexpr uint16_t kFirstPort = 10000;
constexpr uint16_t kLastPort = 31999;

// On all addresses, for a relay on one of them excludes a relay on all.
bool IsFree(int type, uint16_t port) {
  const net::Fd fd(socket(AF_INET, type | SOCK_CLOEXEC, 0));
  sockaddr_storage storage;
  const socklen_t size = Endpoint(IpAddress::V4(0, 0, 0, 0), port).ToSockaddr(&storage);
  return bind(fd.get(), reinterpret_cast<sockaddr*>(&storage), size) == 0;
}

// Scenarios of streams are run a second time over a kernel that makes TLS records.
net::Syscalls& System() {
#ifdef CULVERT_KERNEL_TLS_DOUBLE
  static KernelTlsDouble kernel;
  kernel.Wait();
  return kernel;
#else
  return net::Syscalls::Kernel();
#endif
}

}  // namespace

uint16_t FreePort() {
  static std::random_device random;
  std::uniform_int_distribution<uint16_t> any(kFirstPort, kLastPort);
  for (int attempt = 0; attempt < 100; ++attempt) {
    const uint16_t port = any(random);
    if (IsFree(SOCK_STREAM, port) && IsFree(SOCK_DGRAM, port)) return port;
  }
  ADD_FAILURE() << "no port is free";
  return 0;
}

RelayFixture::~RelayFixture() = default;

void RelayFixture::StartRelay(const Change& change) {
  config::Options options;
  options.listening_ips = {IpAddress::V4(127, 0, 0, 1)};
  options.listening_port = FreePort();
  options.tls_listening_port = 0;
  options.realm = kRealm;
  options.users = {"alice:pw-alice", "bob:pw-bob", "carol:pw-carol"};
  options.allow_loopback_peers = true;
  options.relay_threads = 3;
  options.cert = certificate_.cert_file();
  options.pkey = certificate_.key_file();
  options.cert_given = true;
  if (change) change(options);
  auto server = Server::Create(options, observe::Log::Nowhere(), System());
  ASSERT_TRUE(server.ok()) << server.error();
  server_ = std::move(*server);
  address_ = Endpoint(options.listening_ips.front(), options.listening_port);
  server_->Start();
}

void RelayFixture::StopRelay() {
  server_->Stop();
}

ConnectionSettings RelayFixture::SettingsFor(ClientTransport transport) const {
  ConnectionSettings settings;
  settings.transport = transport;
  settings.server = address_;
  settings.timeout = kPatience;
  return settings;
}

ClientCredentials RelayFixture::CredentialsOf(const std::string& user) {
  return {user, "pw-" + user};
}

ClientResult<TurnClient> RelayFixture::Client(ClientTransport transport, const std::string& user) {
  auto client = TurnClient::Connect(SettingsFor(transport), CredentialsOf(user));
  if (client) client->set_timeout(kPatience);
  return client;
}

bool Eventually(const std::function<bool()>& condition) {
  const auto until = steady_clock::now() + kPatience;
  while (!condition()) {
    if (steady_clock::now() >= until) return false;
    // Lets the relay's threads run.
    poll(nullptr, 0, 1);
  }
  return true;
}

}  // namespace culvert::testing
