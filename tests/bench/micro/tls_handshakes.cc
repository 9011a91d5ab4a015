// What a TLS handshake costs the server, by the choices that a context can make: key, version,
// suite, group, resumption. The server is net::TlsContext as the relay uses it; the clock runs for
// its steps alone.

#include <benchmark/benchmark.h>
#include <openssl/ssl.h>

#include <chrono>
#include <memory>
#include <string>

#include "server/net/tls_context.h"
#include "tests/support/test_certificate.h"
#include "tests/support/tls_pump.h"

namespace culvert::net {
namespace {

using std::chrono::steady_clock;
using testing::KeyType;

constexpr size_t kWire = 64 * 1024;

struct Choice {
  KeyType key;
  int version;
  bool resumed;
  const char* suites;  // of TLS 1.3, what the client offers
  const char* groups;
};

std::shared_ptr<TlsContext> ServerContext(const testing::TestCertificate& certificate) {
  TlsSettings settings;
  settings.cert_file = certificate.cert_file();
  settings.pkey_file = certificate.key_file();
  return *TlsContext::Load(settings, TicketKeys::Random(), TlsContext::Kind::kStream);
}

// One handshake and the reading of the client's first bytes, with which TLS 1.3 hands out its
// ticket. Returns the server's share of the time, nothing if it failed.
std::chrono::duration<double> Handshake(SSL* client, const TlsContext& context) {
  BIO* near = nullptr;
  BIO* far = nullptr;
  BIO_new_bio_pair(&near, kWire, &far, kWire);
  SSL_set_bio(client, far, far);
  SSL_set_connect_state(client);
  steady_clock::duration spent{};
  auto from = steady_clock::now();
  SslPtr server = context.NewSession();
  SSL_set_bio(server.get(), near, near);
  spent += steady_clock::now() - from;
  for (int flight = 0; flight < 4 && SSL_is_init_finished(server.get()) == 0; ++flight) {
    SSL_do_handshake(client);
    from = steady_clock::now();
    SSL_do_handshake(server.get());
    spent += steady_clock::now() - from;
  }
  if (SSL_is_init_finished(server.get()) == 0) return {};
  // Takes the ticket in; there is no data.
  char byte = 0;
  SSL_do_handshake(client);
  SSL_read(client, &byte, 1);
  // A client that ends without a good-bye gives its session up.
  SSL_set_shutdown(client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  from = steady_clock::now();
  server.reset();
  return spent + (steady_clock::now() - from);
}

void Run(benchmark::State& state, const Choice& choice) {
  testing::TestCertificate certificate({.key_type = choice.key});
  const auto context = ServerContext(certificate);
  testing::TlsClientSettings settings;
  settings.lowest_version = settings.highest_version = choice.version;
  settings.ciphersuites = choice.suites;
  settings.groups = choice.groups;
  testing::TlsClient earlier(settings);
  if (Handshake(earlier.ssl(), *context).count() == 0) return state.SkipWithError("no handshake");
  for (auto _ : state) {
    testing::TlsClient client(settings);
    if (choice.resumed) {
      // A copy, for a client uses a ticket of TLS 1.3 once.
      SSL_SESSION* const session = SSL_SESSION_dup(earlier.session());
      client.Resume(session);
      SSL_SESSION_free(session);
    }
    const auto spent = Handshake(client.ssl(), *context);
    if (spent.count() == 0) return state.SkipWithError("no handshake");
    if ((SSL_session_reused(client.ssl()) != 0) != choice.resumed) {
      return state.SkipWithError("resumed, or not, against the choice");
    }
    state.SetIterationTime(spent.count());
  }
}

constexpr char kAes128[] = "TLS_AES_128_GCM_SHA256";
constexpr char kAes256[] = "TLS_AES_256_GCM_SHA384";

#define CHOICE(name, ...) BENCHMARK_CAPTURE(Run, name, Choice{__VA_ARGS__})->UseManualTime()
CHOICE(rsa_13, KeyType::kRsa, TLS1_3_VERSION, false, kAes128, "X25519");
CHOICE(rsa_13_aes256, KeyType::kRsa, TLS1_3_VERSION, false, kAes256, "X25519");
CHOICE(rsa_13_p256, KeyType::kRsa, TLS1_3_VERSION, false, kAes128, "P-256");
CHOICE(rsa_12, KeyType::kRsa, TLS1_2_VERSION, false, kAes128, "X25519");
CHOICE(ec_13, KeyType::kEc, TLS1_3_VERSION, false, kAes128, "X25519");
CHOICE(ec_12, KeyType::kEc, TLS1_2_VERSION, false, kAes128, "X25519:P-256");
CHOICE(resumed_13, KeyType::kRsa, TLS1_3_VERSION, true, kAes128, "X25519");
CHOICE(resumed_12, KeyType::kRsa, TLS1_2_VERSION, true, kAes128, "X25519");
#undef CHOICE

}  // namespace
}  // namespace culvert::net
