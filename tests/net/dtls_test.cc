#include "server/net/dtls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <openssl/err.h>
#include <sys/time.h>

#include <string>
#include <vector>

#include "tests/support/test_certificate.h"
#include "tests/support/tls_pump.h"

namespace {
timeval g_clock{1'800'000'000, 0};
}  // namespace

// OpenSSL keeps the deadlines of DTLS flights by this function; in this program it tells the
// test's time.
extern "C" int gettimeofday(timeval* out, void* /*zone*/) noexcept {
  *out = g_clock;
  return 0;
}

namespace culvert::net {
namespace {

using testing::CertificateRequest;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::KeyType;
using ::testing::SizeIs;
using testing::TestCertificate;
using testing::TlsClient;
using testing::TlsClientSettings;

using Datagrams = std::vector<std::string>;

constexpr size_t kRecordHeader = 13;
constexpr char kHelloVerifyRequest = 3;

class SentDatagrams final : public DatagramSink {
 public:
  void SendDatagram(ByteView datagram) override { list.emplace_back(AsText(datagram)); }
  Datagrams Take() { return std::exchange(list, {}); }
  Datagrams list;
};

class Received final : public PlaintextSink {
 public:
  void OnPlaintext(ByteView plaintext) override { list.emplace_back(AsText(plaintext)); }
  Datagrams list;
};

// An OpenSSL client whose records travel one per datagram.
class DtlsClient {
 public:
  DtlsClient() : client_({.datagram = true}) {
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in_, -1);
    BIO_set_mem_eof_return(out_, -1);
    SSL_set_bio(ssl(), in_, out_);
    SSL_set_options(ssl(), SSL_OP_NO_QUERY_MTU);
    SSL_set_mtu(ssl(), 1200);
  }

  SSL* ssl() { return client_.ssl(); }
  bool done() { return SSL_is_init_finished(ssl()) == 1; }

  // Begins or goes on with the handshake; what the client sends then.
  Datagrams Step() {
    ERR_clear_error();
    SSL_do_handshake(ssl());
    return TakeRecords();
  }

  // Gives the client datagrams; what it sends then.
  Datagrams Answer(const Datagrams& datagrams) {
    Datagrams answer;
    for (const std::string& datagram : datagrams) {
      BIO_write(in_, datagram.data(), static_cast<int>(datagram.size()));
      for (std::string& record : Step()) answer.push_back(std::move(record));
    }
    return answer;
  }

  std::string Seal(const std::string& text) {
    EXPECT_EQ(SSL_write(ssl(), text.data(), static_cast<int>(text.size())),
              static_cast<int>(text.size()));
    Datagrams records = TakeRecords();
    EXPECT_THAT(records, SizeIs(1));
    return records.empty() ? "" : records[0];
  }

  // The plaintext of one datagram; empty when there is none.
  std::string Open(const std::string& datagram) {
    BIO_write(in_, datagram.data(), static_cast<int>(datagram.size()));
    char text[16384];
    ERR_clear_error();
    int n = SSL_read(ssl(), text, sizeof text);
    return n > 0 ? std::string(text, static_cast<size_t>(n)) : "";
  }

  Datagrams Retransmit() {
    DTLSv1_handle_timeout(ssl());
    return TakeRecords();
  }

  Datagrams Close() {
    SSL_shutdown(ssl());
    return TakeRecords();
  }

 private:
  Datagrams TakeRecords() {
    char* bytes = nullptr;
    long size = BIO_get_mem_data(out_, &bytes);
    std::string rest(bytes, static_cast<size_t>(size));
    BIO_reset(out_);
    Datagrams records;
    while (rest.size() >= kRecordHeader) {
      size_t length = kRecordHeader + LoadBig16(AsBytes(rest).data() + 11);
      records.push_back(rest.substr(0, length));
      rest.erase(0, length);
    }
    return records;
  }

  TlsClient client_;
  BIO* in_;
  BIO* out_;
};

std::shared_ptr<TlsContext> MakeContext(KeyType key_type = KeyType::kEc) {
  TestCertificate certificate(CertificateRequest{.key_type = key_type});
  TlsSettings settings;
  settings.cert_file = certificate.cert_file();
  settings.pkey_file = certificate.key_file();
  auto context = TlsContext::Load(settings, TicketKeys::Random(), TlsContext::Kind::kDatagram);
  EXPECT_TRUE(context.ok()) << context.error();
  return context.ok() ? *context : nullptr;
}

class DtlsTest : public ::testing::Test {
 protected:
  DtlsTest() : context_(MakeContext()), listener_(context_) {}

  // The ClientHello that brings the cookie back.
  std::string HelloWithCookie(DtlsClient& client) {
    Datagrams hello = client.Step();
    EXPECT_THAT(hello, SizeIs(1));
    EXPECT_EQ(listener_.OnDatagram(AsBytes(hello[0]), from_, sent_), nullptr);
    Datagrams again = client.Answer(sent_.Take());
    EXPECT_THAT(again, SizeIs(1));
    return again.empty() ? "" : again[0];
  }

  std::unique_ptr<DtlsSession> Accept(DtlsClient& client) {
    std::string hello = HelloWithCookie(client);
    auto session = listener_.OnDatagram(AsBytes(hello), from_, sent_);
    EXPECT_NE(session, nullptr);
    return session;
  }

  static size_t CountRecords(const Datagrams& datagrams) {
    size_t count = 0;
    for (const std::string& datagram : datagrams) {
      for (size_t at = 0; at + kRecordHeader <= datagram.size(); ++count) {
        at += kRecordHeader + LoadBig16(AsBytes(datagram).data() + at + 11);
      }
    }
    return count;
  }

  // Moves datagrams both ways until nothing moves any more.
  void Finish(DtlsClient& client, DtlsSession& session) {
    while (!sent_.list.empty()) Give(session, client.Answer(sent_.Take()));
  }

  std::unique_ptr<DtlsSession> Connect(DtlsClient& client) {
    auto session = Accept(client);
    Finish(client, *session);
    EXPECT_TRUE(session->established());
    EXPECT_TRUE(client.done());
    return session;
  }

  void Give(DtlsSession& session, const Datagrams& datagrams) {
    for (const std::string& datagram : datagrams) {
      session.OnDatagram(AsBytes(datagram), sent_, received_);
    }
  }

  std::shared_ptr<TlsContext> context_;
  DtlsListener listener_;
  ClientAddress from_{IpAddress::V4(192, 0, 2, 7), 40000};
  SentDatagrams sent_;
  Received received_;
};

TEST_F(DtlsTest, AFirstClientHelloGetsACookieAndNoSession) {
  DtlsClient client;
  Datagrams hello = client.Step();
  ASSERT_THAT(hello, SizeIs(1));
  EXPECT_EQ(listener_.OnDatagram(AsBytes(hello[0]), from_, sent_), nullptr);
  ASSERT_THAT(sent_.list, SizeIs(1));
  EXPECT_EQ(sent_.list[0][kRecordHeader], kHelloVerifyRequest);
  EXPECT_LT(sent_.list[0].size(), hello[0].size());  // nothing to amplify with
}

TEST_F(DtlsTest, TheCookieGivesASessionAndTheHandshakeSucceeds) {
  DtlsClient client;
  auto session = Accept(client);
  ASSERT_NE(session, nullptr);
  EXPECT_FALSE(session->established());
  EXPECT_FALSE(session->Write(AsBytes("early"), sent_));
  Finish(client, *session);
  EXPECT_TRUE(client.done());
  EXPECT_TRUE(session->established());
  EXPECT_FALSE(session->closed());
  EXPECT_STREQ(SSL_get_version(client.ssl()), "DTLSv1.2");
  EXPECT_STREQ(session->cipher_name(), SSL_get_cipher_name(client.ssl()));
  EXPECT_EQ(session->next_timeout(Instant{}), kNever);
}

TEST_F(DtlsTest, ACookieIsGoodForItsAddressAndPortOnly) {
  DtlsClient client;
  std::string hello = HelloWithCookie(client);
  for (ClientAddress other : {ClientAddress(IpAddress::V4(192, 0, 2, 8), 40000),
                              ClientAddress(IpAddress::V4(192, 0, 2, 7), 40001)}) {
    EXPECT_EQ(listener_.OnDatagram(AsBytes(hello), other, sent_), nullptr);
    ASSERT_THAT(sent_.list, SizeIs(1));
    EXPECT_EQ(sent_.Take()[0][kRecordHeader], kHelloVerifyRequest);
  }
  EXPECT_NE(listener_.OnDatagram(AsBytes(hello), from_, sent_), nullptr);
}

TEST_F(DtlsTest, AnotherWorkersListenerKnowsTheCookie) {
  DtlsClient client;
  std::string hello = HelloWithCookie(client);
  DtlsListener other(context_);
  EXPECT_NE(other.OnDatagram(AsBytes(hello), from_, sent_), nullptr);
}

TEST_F(DtlsTest, WhatIsNoClientHelloIsDroppedBeforeAnyWork) {
  DtlsClient client;
  std::string hello = client.Step()[0];
  std::string later_epoch = hello;
  later_epoch[4] = 1;
  std::string finished = hello;
  finished[kRecordHeader] = 20;
  for (const std::string& datagram :
       {std::string(), std::string("x"), hello.substr(0, 20), later_epoch, finished,
        std::string("\x16\x03\x01\x00\x05hello, this is TLS over UDP", 30)}) {
    EXPECT_EQ(listener_.OnDatagram(AsBytes(datagram), from_, sent_), nullptr);
  }
  EXPECT_THAT(sent_.list, IsEmpty());
}

TEST_F(DtlsTest, ATruncatedClientHelloIsDropped) {
  DtlsClient client;
  std::string hello = client.Step()[0];
  for (size_t size = kRecordHeader + 13; size < hello.size(); ++size) {
    EXPECT_EQ(listener_.OnDatagram(AsBytes(hello.substr(0, size)), from_, sent_), nullptr);
  }
  EXPECT_THAT(sent_.list, IsEmpty());
}

TEST_F(DtlsTest, ALostFlightIsSentAgainWhenItsTimeIsOver) {
  DtlsClient client;
  auto session = Accept(client);
  Datagrams lost = sent_.Take();
  ASSERT_FALSE(lost.empty());
  EXPECT_EQ(session->next_timeout(Instant{}), Instant{} + seconds(1));

  session->OnTimeout(sent_);
  EXPECT_THAT(sent_.list, IsEmpty()) << "too early";
  g_clock.tv_sec += 1;
  EXPECT_EQ(session->next_timeout(Instant{}), Instant{});
  session->OnTimeout(sent_);
  EXPECT_EQ(CountRecords(sent_.list), CountRecords(lost));
  EXPECT_EQ(session->next_timeout(Instant{}), Instant{} + seconds(2));

  Finish(client, *session);
  EXPECT_TRUE(session->established());
  EXPECT_TRUE(client.done());
}

TEST_F(DtlsTest, TheLastFlightIsSentAgainWhenTheClientAsks) {
  DtlsClient client;
  auto session = Accept(client);
  Give(*session, client.Answer(sent_.Take()));
  ASSERT_TRUE(session->established());
  ASSERT_FALSE(sent_.Take().empty());  // ticket, ChangeCipherSpec and Finished are lost
  ASSERT_FALSE(client.done());

  g_clock.tv_sec += 1;
  Give(*session, client.Retransmit());
  Finish(client, *session);
  EXPECT_TRUE(client.done());
  EXPECT_TRUE(session->Write(AsBytes("here"), sent_));
  ASSERT_THAT(sent_.list, SizeIs(1));
  EXPECT_EQ(client.Open(sent_.list[0]), "here");
}

TEST_F(DtlsTest, AClientThatNeverAnswersIsGivenUp) {
  DtlsClient client;
  auto session = Accept(client);
  int attempts = 0;
  while (!session->closed() && attempts < 100) {
    g_clock.tv_sec += 60;
    session->OnTimeout(sent_);
    ++attempts;
  }
  EXPECT_EQ(attempts, 13);
  EXPECT_EQ(session->failure(), "read timeout expired");
  EXPECT_EQ(session->next_timeout(Instant{}), kNever);
}

TEST_F(DtlsTest, FlightsAreSplitToFitTheirLimit) {
  listener_.UseContext(MakeContext(KeyType::kRsa));
  DtlsClient client;
  auto session = Accept(client);
  ASSERT_GT(sent_.list.size(), 1u);
  for (const std::string& datagram : sent_.list) {
    EXPECT_LE(datagram.size(), static_cast<size_t>(DtlsSession::kFlightBytes));
  }
  Finish(client, *session);
  EXPECT_TRUE(session->established());
}

TEST_F(DtlsTest, EachRecordIsOneMessageBothWays) {
  DtlsClient client;
  auto session = Connect(client);
  Give(*session, {client.Seal("one"), client.Seal("two") + client.Seal("three")});
  EXPECT_THAT(received_.list, ElementsAre("one", "two", "three"));

  ASSERT_TRUE(session->Write(AsBytes("four"), sent_));
  ASSERT_TRUE(session->Write(AsBytes(std::string(16384, 'x')), sent_));
  Datagrams out = sent_.Take();
  ASSERT_THAT(out, SizeIs(2));
  EXPECT_EQ(client.Open(out[0]), "four");
  EXPECT_EQ(client.Open(out[1]), std::string(16384, 'x'));
  EXPECT_FALSE(session->Write(AsBytes(std::string(16385, 'x')), sent_));
  EXPECT_FALSE(session->Write({}, sent_));
  EXPECT_THAT(sent_.list, IsEmpty());
}

TEST_F(DtlsTest, RecordsOutOfOrderComeThroughAndRepeatedOnesDoNot) {
  DtlsClient client;
  auto session = Connect(client);
  std::string first = client.Seal("first");
  std::string second = client.Seal("second");
  Give(*session, {second, first, first, second});
  EXPECT_THAT(received_.list, ElementsAre("second", "first"));
}

TEST_F(DtlsTest, ForgedRecordsLeaveTheSessionAlone) {
  DtlsClient client;
  auto session = Connect(client);
  std::string forged = client.Seal("true");
  forged.back() = static_cast<char>(forged.back() ^ 1);
  // An alert in the clear: fatal, handshake failure.
  std::string alert("\x15\xfe\xfd\0\0\0\0\0\0\0\x63\0\x02\x02\x28", 15);
  Give(*session, {forged, alert, "garbage", std::string(2000, '\x17'), std::string()});
  EXPECT_FALSE(session->closed());
  EXPECT_THAT(received_.list, IsEmpty());
  EXPECT_THAT(sent_.list, IsEmpty());
  Give(*session, {client.Seal("still here")});
  EXPECT_THAT(received_.list, ElementsAre("still here"));
}

TEST_F(DtlsTest, AClientThatStartedAnewIsRecognisedBesideItsOldSession) {
  DtlsClient client;
  auto session = Connect(client);
  EXPECT_FALSE(DtlsListener::IsClientHello(AsBytes(client.Seal("data"))));
  DtlsClient reborn;
  Datagrams hello = reborn.Step();
  EXPECT_TRUE(DtlsListener::IsClientHello(AsBytes(hello[0])));
  Give(*session, hello);
  EXPECT_FALSE(session->closed()) << "anybody could have sent it";
  EXPECT_EQ(listener_.OnDatagram(AsBytes(hello[0]), from_, sent_), nullptr);
  Datagrams again = reborn.Answer(sent_.Take());
  auto next = listener_.OnDatagram(AsBytes(again[0]), from_, sent_);
  ASSERT_NE(next, nullptr);
  Finish(reborn, *next);
  EXPECT_TRUE(next->established());
}

TEST_F(DtlsTest, CloseTellsTheClient) {
  DtlsClient client;
  auto session = Connect(client);
  session->Close(sent_);
  EXPECT_TRUE(session->closed());
  EXPECT_EQ(session->failure(), "");
  ASSERT_THAT(sent_.list, SizeIs(1));
  EXPECT_EQ(client.Open(sent_.Take()[0]), "");
  EXPECT_EQ(SSL_get_shutdown(client.ssl()) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
  EXPECT_FALSE(session->Write(AsBytes("late"), sent_));
  session->Close(sent_);
  EXPECT_THAT(sent_.list, IsEmpty());
}

TEST_F(DtlsTest, TheClientsCloseIsAnsweredAndClosesTheSession) {
  DtlsClient client;
  auto session = Connect(client);
  Give(*session, client.Close());
  EXPECT_TRUE(session->closed());
  EXPECT_EQ(session->failure(), "");
  EXPECT_THAT(sent_.list, SizeIs(1));
}

TEST_F(DtlsTest, AFailedHandshakeClosesTheSessionWithItsReason) {
  DtlsClient client;
  SSL_set_cipher_list(client.ssl(), "AES128-SHA");
  auto session = Accept(client);
  EXPECT_TRUE(session->closed());
  EXPECT_FALSE(session->established());
  EXPECT_EQ(session->failure(), "no shared cipher");
}

TEST_F(DtlsTest, AnAnswerFromWithinTheReadIsSent) {
  class Echo final : public PlaintextSink {
   public:
    Echo(DtlsSession* session, DatagramSink* out) : session_(session), out_(out) {}
    void OnPlaintext(ByteView plaintext) override {
      EXPECT_TRUE(session_->Write(plaintext, *out_));
    }

   private:
    DtlsSession* session_;
    DatagramSink* out_;
  };
  DtlsClient client;
  auto session = Connect(client);
  Echo echo(session.get(), &sent_);
  std::string two = client.Seal("one") + client.Seal("two");
  session->OnDatagram(AsBytes(two), sent_, echo);
  Datagrams out = sent_.Take();
  ASSERT_THAT(out, SizeIs(2));
  EXPECT_EQ(client.Open(out[0]), "one");
  EXPECT_EQ(client.Open(out[1]), "two");
}

TEST_F(DtlsTest, AnIdleSessionHoldsNoRecordBuffers) {
  // With both record buffers it would be 70 kB.
  constexpr size_t kLimit = 48 * 1024;
  constexpr size_t kSessions = 8;
  std::vector<std::unique_ptr<DtlsSession>> sessions;
  auto connect = [&] {
    DtlsClient client;
    sessions.push_back(Connect(client));
    Give(*sessions.back(), {client.Seal("data")});
  };
  connect();  // what OpenSSL makes once is made now
  size_t before = mallinfo2().uordblks;
  for (size_t i = 0; i < kSessions; ++i) connect();
  size_t each = (mallinfo2().uordblks - before) / kSessions;
  EXPECT_LT(each, kLimit);
  RecordProperty("bytes_per_idle_session", static_cast<int>(each));
}

}  // namespace
}  // namespace culvert::net
