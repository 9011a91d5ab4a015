// Plain and TLS on one port (RFC 8489 section 8.1, ST-23, ST-24), told apart by the first byte,
// however the network cuts what comes; strangers are shown the door.

#include <openssl/ssl.h>

#include "server/stun/message.h"
#include "tests/scenario/peers.h"
#include "tests/scenario/raw_messages.h"
#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {
namespace {

class PortSharingTest : public RelayFixture {
 protected:
  ClientConnection Raw() {
    auto raw = ClientConnection::Open(SettingsFor(ClientTransport::kTcp));
    EXPECT_TRUE(raw.ok()) << raw.error().ToString();
    return std::move(*raw);
  }
  void ExpectServed() {
    auto client = Client(ClientTransport::kUdp);
    ASSERT_TRUE(client.ok()) << client.error().ToString();
    EXPECT_TRUE(client->MappedAddress().ok());
  }
  // Nothing comes but an end.
  void ExpectShutOut(std::string_view bytes) {
    ClientConnection raw = Raw();
    ASSERT_TRUE(raw.Send(AsBytes(bytes), kPatience).ok());
    const StreamRest rest = ReadToEnd(raw);
    EXPECT_EQ(rest.bytes.size(), 0u);
    EXPECT_TRUE(rest.end == ClientFailure::kClosed || rest.end == ClientFailure::kReset)
        << ClientFailureName(rest.end);
  }
};

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslPtr = std::unique_ptr<SSL, SslFree>;
using ContextPtr = std::unique_ptr<SSL_CTX, SslFree>;

// Both on one port, one after the other, each with the first segment of one byte.
TEST_F(PortSharingTest, PlainRequestInSingleBytesIsAnswered) {
  StartRelay();
  ClientConnection raw = Raw();
  ASSERT_TRUE(SendInSingleBytes(raw, TurnRequest(stun::Method::kBinding).bytes()));
  EXPECT_EQ(ReadAnswer(raw).code, 0);
}

// ST-21: several requests in one segment.
TEST_F(PortSharingTest, PipelinedRequestsAreAllAnswered) {
  StartRelay();
  ClientConnection raw = Raw();
  const auto first = TurnRequest(stun::Method::kBinding, 1).bytes();
  const auto second = TurnRequest(stun::Method::kAllocate, 2).Transport(17).bytes();
  ASSERT_TRUE(raw.Send(Joined(first, second), kPatience).ok());
  EXPECT_EQ(ReadAnswer(raw).code, 0);
  EXPECT_EQ(ReadAnswer(raw).code, 401);
}

// ST-24: a ClientHello may be cut anywhere.
TEST_F(PortSharingTest, AClientHelloInSingleBytesIsTls) {
  StartRelay();
  ClientConnection raw = Raw();
  ContextPtr context(SSL_CTX_new(TLS_client_method()));
  SslPtr ssl(SSL_new(context.get()));
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl.get(), in, out);
  std::vector<uint8_t> piece(65536);
  while (SSL_connect(ssl.get()) != 1) {
    ASSERT_EQ(SSL_get_error(ssl.get(), -1), SSL_ERROR_WANT_READ);
    for (int n; (n = BIO_read(out, piece.data(), static_cast<int>(piece.size()))) > 0;) {
      ASSERT_TRUE(SendInSingleBytes(raw, ByteView(piece).first(static_cast<size_t>(n))));
    }
    const auto got = raw.Receive(piece, kPatience);
    ASSERT_TRUE(got.ok()) << got.error().ToString();
    BIO_write(in, piece.data(), static_cast<int>(*got));
  }
  EXPECT_STREQ(SSL_get_version(ssl.get()), "TLSv1.3");
}

// DI-01, DI-02: ALPN and SNI are the client's choice.
TEST_F(PortSharingTest, AlpnAndSniMayBeAnythingOrAbsent) {
  StartRelay();
  const std::vector<std::vector<uint8_t>> offers = {
      {}, {9, 's', 't', 'u', 'n', '.', 't', 'u', 'r', 'n'}, {2, 'h', '2'}};
  for (const char* name : {"", "localhost", "somewhere.example"}) {
    for (const auto& offer : offers) {
      ContextPtr context(SSL_CTX_new(TLS_client_method()));
      if (!offer.empty()) {
        SSL_CTX_set_alpn_protos(context.get(), offer.data(), static_cast<unsigned>(offer.size()));
      }
      ConnectionSettings settings = SettingsFor(ClientTransport::kTls);
      settings.tls = context.get();
      settings.server_name = name;
      auto client = TurnClient::Connect(settings, CredentialsOf("alice"));
      ASSERT_TRUE(client.ok()) << client.error().ToString();
      EXPECT_TRUE(client->MappedAddress().ok());
      const unsigned char* chosen = nullptr;
      unsigned size = 0;
      SSL_get0_alpn_selected(client->connection().ssl(), &chosen, &size);
      EXPECT_EQ(size, offer.size() == 10 ? 9u : 0u);
    }
  }
}

// ST-23
TEST_F(PortSharingTest, GarbageIsClosed) {
  StartRelay();
  ExpectShutOut("\xff");
  ExpectShutOut("\x80\x2e\x01");
  // STUN's first bits, but no magic cookie.
  ExpectShutOut(std::string(24, '\0'));
  ExpectServed();
}

// "GE" is a channel number, so the relay waits for the rest of a message; it says nothing.
TEST_F(PortSharingTest, AnHttpRequestIsClosedAtOnce) {
  StartRelay();
  ClientConnection raw = Raw();
  ASSERT_TRUE(raw.Send(AsBytes("GET / HTTP/1.1\r\nHost: relay\r\n\r\n"), kPatience).ok());
  EXPECT_EQ(ReadToEnd(raw).bytes.size(), 0u);
  ExpectServed();
}

// A TLS record that is none.
TEST_F(PortSharingTest, ABrokenHandshakeIsClosed) {
  StartRelay();
  ClientConnection raw = Raw();
  ASSERT_TRUE(raw.Send(AsBytes("\x16not a TLS record at all"), kPatience).ok());
  const ClientFailure end = ReadToEnd(raw).end;
  EXPECT_TRUE(end == ClientFailure::kClosed || end == ClientFailure::kReset);
  ExpectServed();
}

// PP-06: a PROXY header is garbage, and what follows it is not looked at, TLS or not. Wide channel
// numbers, which the header's first letter could belong to, change nothing: no stream begins so.
TEST_F(PortSharingTest, AProxyHeaderIsClosedWithWhatFollowsIt) {
  for (const bool wide_channels : {false, true}) {
    StartRelay([&](config::Options& o) { o.rfc5766_channel_numbers = wide_channels; });
    const std::string hello = "\x16\x03\x01";
    ExpectShutOut("PROXY TCP4 192.0.2.1 192.0.2.2 4711 443\r\n" + hello);
    ExpectShutOut(std::string("\r\n\r\n\0\r\nQUIT\n", 12) +
                  std::string("\x21\x11\0\x0c\xc0\0\2\1\xc0\0\2\2\x12\x67\1\xbb", 16) + hello);
    EXPECT_EQ(Drops(turn::Drop::kMalformed), 2u);
    ExpectServed();
    StopRelay();
  }
}

// A listener for TLS only has no ear for plain TURN, and the other way round.
TEST_F(PortSharingTest, NoTcpMeansTlsOnly) {
  StartRelay([](config::Options& o) { o.tcp = false; });
  ClientConnection raw = Raw();
  ASSERT_TRUE(raw.Send(TurnRequest(stun::Method::kBinding).bytes(), kPatience).ok());
  EXPECT_EQ(ReadToEnd(raw).bytes.size(), 0u);
  auto tls = Client(ClientTransport::kTls);
  ASSERT_TRUE(tls.ok()) << tls.error().ToString();
  EXPECT_TRUE(tls->MappedAddress().ok());
}

}  // namespace
}  // namespace culvert::testing
