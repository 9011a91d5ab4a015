#include "tests/scenario/slow_tls.h"

#include <gtest/gtest.h>

#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {
namespace {

ClientConnection Open(ConnectionSettings settings) {
  settings.transport = ClientTransport::kTcp;
  auto connection = ClientConnection::Open(settings);
  EXPECT_TRUE(connection.ok()) << connection.error().ToString();
  return std::move(*connection);
}

}  // namespace

SlowTls::SlowTls(ConnectionSettings settings, int version)
    : client_({.lowest_version = version, .highest_version = version}),
      connection_(Open(std::move(settings))) {
  SSL_set_bio(client_.ssl(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(client_.ssl());
}

std::vector<uint8_t> SlowTls::NextFlight() {
  SSL_do_handshake(client_.ssl());
  std::vector<uint8_t> flight(BIO_ctrl_pending(SSL_get_wbio(client_.ssl())));
  BIO_read(SSL_get_wbio(client_.ssl()), flight.data(), static_cast<int>(flight.size()));
  return flight;
}

void SlowTls::Send(ByteView bytes) {
  const auto sent = connection_.Send(bytes, kPatience);
  EXPECT_TRUE(sent.ok()) << sent.error().ToString();
}

bool SlowTls::Take() {
  std::vector<uint8_t> bytes(65536);
  const auto got = connection_.Receive(bytes, kPatience);
  if (!got) return false;
  BIO_write(SSL_get_rbio(client_.ssl()), bytes.data(), static_cast<int>(*got));
  return true;
}

std::vector<uint8_t> SlowTls::AllButLastFlight() {
  Send(NextFlight());
  for (;;) {
    if (!Take()) return {};
    std::vector<uint8_t> flight = NextFlight();
    if (!flight.empty()) return flight;
  }
}

void SlowTls::Finish() {
  for (;;) {
    const std::vector<uint8_t> flight = NextFlight();
    if (!flight.empty()) Send(flight);
    if (done()) return;
    ASSERT_TRUE(Take());
  }
}

std::vector<uint8_t> SlowTls::Sealed(ByteView plain) {
  EXPECT_EQ(SSL_write(client_.ssl(), plain.data(), static_cast<int>(plain.size())),
            static_cast<int>(plain.size()));
  return NextFlight();
}

std::vector<uint8_t> SlowTls::Read(size_t size) {
  std::vector<uint8_t> bytes(size);
  size_t have = 0;
  while (have < size) {
    const int n = SSL_read(client_.ssl(), bytes.data() + have, static_cast<int>(size - have));
    if (n > 0) {
      have += static_cast<size_t>(n);
    } else if (!Take()) {
      break;
    }
  }
  bytes.resize(have);
  return bytes;
}

}  // namespace culvert::testing
