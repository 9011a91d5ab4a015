// TLS whose records the kernel makes. The kernel is a double (tests/support/kernel_tls_double.h),
// the keys are what OpenSSL hands out, and the client is OpenSSL's on a real socket.

#include "server/net/kernel_tls.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "server/net/splice_pipe.h"
#include "server/net/stream.h"
#include "tests/support/kernel_tls_double.h"
#include "tests/support/numbered_bytes.h"
#include "tests/support/test_certificate.h"
#include "tests/support/tls_pump.h"

namespace culvert::net {
namespace {

using testing::KernelTlsDouble;
using Step = KernelTlsDouble::Step;
using Record = KernelTlsDouble::Record;
using Records = std::vector<Record>;

constexpr uint8_t kAlert = 21;
constexpr uint8_t kData = 23;
constexpr uint64_t kFlow = 1;

struct Suite {
  const char* test_name;
  int version;
  const char* name;
};

constexpr Suite kSuites[] = {
    {"Tls12Aes128", TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256"},
    {"Tls12Aes256", TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384"},
    {"Tls12ChaCha", TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305"},
    {"Tls13Aes128", TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256"},
    {"Tls13Aes256", TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384"},
    {"Tls13ChaCha", TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256"},
};
constexpr Suite kTls12 = kSuites[0];
constexpr Suite kTls13 = kSuites[3];

std::string Numbered(uint64_t offset, size_t size) {
  std::string text(size, '\0');
  testing::WriteStream(kFlow, offset, {reinterpret_cast<uint8_t*>(text.data()), size});
  return text;
}

// Two sockets that are connected; what one sends the other has at once.
std::pair<Fd, Fd> Connected() {
  int pair[2];
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
  return {Fd(pair[0]), Fd(pair[1])};
}

class KernelTlsTest : public ::testing::Test {
 protected:
  // A stream and its client, the handshake done. `early` comes with the client's Finished.
  void Open(const Suite& suite, bool kernel_tls = true, std::string_view early = {}) {
    TlsSettings settings;
    settings.cert_file = certificate_.cert_file();
    settings.pkey_file = certificate_.key_file();
    settings.cipher_list = suite.name;
    settings.kernel_tls = kernel_tls;
    auto context = TlsContext::Load(settings, TicketKeys::Random(), TlsContext::Kind::kStream);
    ASSERT_TRUE(context.ok());
    testing::TlsClientSettings wanted;
    wanted.lowest_version = wanted.highest_version = suite.version;
    (suite.version == TLS1_3_VERSION ? wanted.ciphersuites : wanted.cipher_list) = suite.name;
    client_ = std::make_unique<testing::TlsClient>(wanted);
    auto [server, client] = Connected();
    stream_ = std::make_unique<Stream>(kernel_, std::move(server), &buffers_);
    other_ = std::move(client);
    stream_->StartTls((*context)->NewSession());
    SSL_set_fd(ssl(), other_.get());
    while (SSL_do_handshake(ssl()) != 1) {
      ASSERT_EQ(stream_->Read().end, StreamEnd::kOpen);
    }
    if (!early.empty()) Say(early);
    ASSERT_EQ(Text(stream_->Read().data), early);
    ASSERT_FALSE(stream_->handshaking());
    ASSERT_STREQ(SSL_get_cipher_name(ssl()), suite.name);
  }

  SSL* ssl() { return client_->ssl(); }
  bool Write(std::string_view text) { return stream_->Write(AsBytes(text)); }
  void Say(std::string_view text) {
    ASSERT_EQ(SSL_write(ssl(), text.data(), static_cast<int>(text.size())),
              static_cast<int>(text.size()));
  }
  // What has come for the client; `result` is SSL_get_error of the last read.
  std::string Received(int* result = nullptr) {
    std::string all;
    char buffer[65536];
    bool all_out;
    int error;
    do {
      all_out = kernel_.Settle(stream_->fd());
      ERR_clear_error();
      int n;
      while ((n = SSL_read(ssl(), buffer, sizeof buffer)) > 0) {
        all.append(buffer, static_cast<size_t>(n));
      }
      error = SSL_get_error(ssl(), n);
    } while (!all_out && error == SSL_ERROR_WANT_READ);
    if (result != nullptr) *result = error;
    return all;
  }
  // The same, and lets the stream send what it kept.
  std::string ReceivedToTheEnd() {
    int result = 0;
    std::string all = Received(&result);
    while (stream_->unsent() > 0 && result == SSL_ERROR_WANT_READ) {
      EXPECT_TRUE(stream_->Flush());
      all += Received(&result);
    }
    EXPECT_EQ(result, SSL_ERROR_WANT_READ);
    return all;
  }
  static std::string Text(ByteView bytes) { return std::string(AsText(bytes)); }
  // The client's last error.
  static int Reason() { return ERR_GET_REASON(ERR_peek_last_error()); }

  testing::TestCertificate certificate_;
  KernelTlsDouble kernel_;
  StreamBuffers buffers_;
  std::unique_ptr<testing::TlsClient> client_;
  std::unique_ptr<Stream> stream_;
  Fd other_;
};

class KernelTlsSuitesTest : public KernelTlsTest, public ::testing::WithParamInterface<Suite> {};

TEST_P(KernelTlsSuitesTest, TheKernelGoesOnWhereOpenSslStopped) {
  ASSERT_NO_FATAL_FAILURE(Open(GetParam()));
  EXPECT_TRUE(Write("by OpenSSL, "));
  EXPECT_FALSE(stream_->sends_plain());
  EXPECT_TRUE(stream_->SendThroughKernel());
  EXPECT_TRUE(stream_->sends_plain());
  EXPECT_TRUE(Write("by the kernel, "));
  EXPECT_TRUE(Write("and again"));
  EXPECT_EQ(Received(), "by OpenSSL, by the kernel, and again");
  EXPECT_EQ(kernel_.records(), (Records{{kData, 15}, {kData, 9}}));
}

TEST_P(KernelTlsSuitesTest, NoRecordOfOpenSslIsCountedTwiceOrForgotten) {
  ASSERT_NO_FATAL_FAILURE(Open(GetParam()));
  uint64_t said = 0;
  for (const size_t size : {1, 100, 16384, 16385, 40000, 3, 70000}) {
    EXPECT_TRUE(Write(Numbered(said, size)));
    said += size;
    EXPECT_EQ(ReceivedToTheEnd(), Numbered(said - size, size));
  }
  EXPECT_TRUE(stream_->SendThroughKernel());
  for (const size_t size : {1, 100, 16384, 16385, 40000, 3, 70000}) {
    EXPECT_TRUE(Write(Numbered(said, size)));
    said += size;
    EXPECT_EQ(ReceivedToTheEnd(), Numbered(said - size, size));
  }
}

TEST_P(KernelTlsSuitesTest, ReadingStaysWithOpenSsl) {
  ASSERT_NO_FATAL_FAILURE(Open(GetParam()));
  Say("before, ");
  EXPECT_TRUE(stream_->SendThroughKernel());
  Say("after");
  EXPECT_EQ(Text(stream_->Read(AsBytes("prefix, ")).data), "prefix, before, after");
  EXPECT_TRUE(Write("answer"));
  EXPECT_EQ(Received(), "answer");
}

TEST_P(KernelTlsSuitesTest, CloseNotifyAndFinComeBehindWhatIsUnsent) {
  ASSERT_NO_FATAL_FAILURE(Open(GetParam()));
  ASSERT_TRUE(stream_->SendThroughKernel());
  kernel_.Limit(0);
  EXPECT_TRUE(Write("last words"));
  stream_->FinishWriting();
  EXPECT_FALSE(stream_->finished_writing());
  EXPECT_FALSE(Write("too late"));
  EXPECT_EQ(stream_->unsent(), 12u);
  int result = 0;
  EXPECT_EQ(Received(&result), "");
  EXPECT_EQ(result, SSL_ERROR_WANT_READ);
  EXPECT_TRUE(stream_->Flush());
  EXPECT_TRUE(stream_->finished_writing());
  EXPECT_EQ(stream_->unsent(), 0u);
  EXPECT_EQ(Received(&result), "last words");
  EXPECT_EQ(result, SSL_ERROR_ZERO_RETURN);
  EXPECT_EQ(kernel_.records(), (Records{{kData, 10}, {kAlert, 2}}));
  char byte;
  EXPECT_EQ(recv(other_.get(), &byte, 1, 0), 0) << "no FIN";
}

TEST_P(KernelTlsSuitesTest, ADamagedRecordFailsAndSaysSo) {
  ASSERT_NO_FATAL_FAILURE(Open(GetParam()));
  ASSERT_TRUE(stream_->SendThroughKernel());
  const std::string damaged = std::string("\x17\x03\x03\x00\x28", 5) + std::string(40, 'x');
  ASSERT_EQ(send(other_.get(), damaged.data(), damaged.size(), 0), 45);
  const StreamRead read = stream_->Read();
  EXPECT_EQ(read.data.size(), 0u);
  EXPECT_EQ(read.end, StreamEnd::kFailed);
  EXPECT_EQ(kernel_.records(), (Records{{kAlert, 2}}));
  int result = 0;
  EXPECT_EQ(Received(&result), "");
  EXPECT_EQ(result, SSL_ERROR_SSL);
  EXPECT_EQ(Reason(), SSL_R_SSLV3_ALERT_BAD_RECORD_MAC);
  EXPECT_FALSE(Write("no more"));
}

TEST_P(KernelTlsSuitesTest, TheClientsCloseNotifyLeavesOurDirectionOpen) {
  ASSERT_NO_FATAL_FAILURE(Open(GetParam()));
  ASSERT_TRUE(stream_->SendThroughKernel());
  Say("last words");
  SSL_shutdown(ssl());
  const StreamRead read = stream_->Read();
  EXPECT_EQ(Text(read.data), "last words");
  EXPECT_EQ(read.end, StreamEnd::kFin);
  EXPECT_TRUE(Write("still here"));
  EXPECT_EQ(Received(), "still here");
  stream_->FinishWriting();
  EXPECT_TRUE(stream_->finished_writing());
  EXPECT_EQ(kernel_.records(), (Records{{kData, 10}, {kAlert, 2}}));
}

// The client reads nothing until the socket is full, and what the kernel takes of each write is
// chosen at random.
TEST_P(KernelTlsSuitesTest, AnyNumberOfBytesMayBeTaken) {
  ASSERT_NO_FATAL_FAILURE(Open(GetParam()));
  EXPECT_TRUE(Write(Numbered(0, 1000)));
  ASSERT_TRUE(stream_->SendThroughKernel());
  std::mt19937 random(4711);
  uint64_t said = 1000;
  std::string got = Received();
  for (int i = 0; i < 200; ++i) {
    if (random() % 2 == 0) kernel_.Limit(random() % 5000);
    if (random() % 4 == 0) kernel_.Limit(0);
    const size_t size = random() % 20000;
    ASSERT_TRUE(Write(Numbered(said, size)));
    said += size;
    if (random() % 3 == 0) {
      ASSERT_TRUE(stream_->Flush());
    }
    if (random() % 16 == 0) got += Received();
  }
  got += ReceivedToTheEnd();
  EXPECT_TRUE(got == Numbered(0, said));
}

TEST_P(KernelTlsSuitesTest, BytesAreSplicedFromAPlainConnection) {
  ASSERT_NO_FATAL_FAILURE(Open(GetParam()));
  EXPECT_TRUE(Write("from the relay, "));
  ASSERT_TRUE(stream_->SendThroughKernel());
  auto [near, far] = Connected();
  const std::string text = Numbered(0, 40000);
  ASSERT_EQ(send(far.get(), text.data(), text.size(), 0), 40000);
  auto pipe = SplicePipe::Open(kernel_);
  ASSERT_NE(pipe, nullptr);
  std::string expected = "from the relay, ", got = Received();
  while (expected.size() < 16 + text.size()) {
    const SysResult filled = pipe->Fill(near.get());
    ASSERT_GT(filled.value, 0);
    expected += text.substr(expected.size() - 16, static_cast<size_t>(filled.value));
    while (pipe->inside() > 0) {
      ASSERT_TRUE(pipe->Drain(stream_->fd()).ok());
      got += Received();
    }
  }
  EXPECT_TRUE(Write(", and so on"));
  EXPECT_TRUE(got + Received() == expected + ", and so on");
}

INSTANTIATE_TEST_SUITE_P(All, KernelTlsSuitesTest, ::testing::ValuesIn(kSuites),
                         [](const auto& test) { return test.param.test_name; });

// RFC 5288 section 3: no nonce comes twice. In TLS 1.2 they can be seen: eight bytes behind the
// header of each record.
TEST_F(KernelTlsTest, TheKernelsNoncesFollowOpenSsls) {
  ASSERT_NO_FATAL_FAILURE(Open(kTls12));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Write("by OpenSSL"));
  ASSERT_TRUE(stream_->SendThroughKernel());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Write("by the kernel"));
  std::vector<uint8_t> bytes(65536);
  const ssize_t size = recv(other_.get(), bytes.data(), bytes.size(), 0);
  ASSERT_GT(size, 0);
  std::vector<uint64_t> nonces;
  for (size_t at = 0; at < static_cast<size_t>(size); at += 5u + LoadBig16(&bytes[at + 3])) {
    ASSERT_EQ(bytes[at], kData);
    nonces.push_back(LoadBig64(&bytes[at + 5]));
  }
  ASSERT_EQ(nonces.size(), 6u);
  for (size_t i = 1; i < nonces.size(); ++i) EXPECT_EQ(nonces[i], nonces[0] + i);
}

TEST_F(KernelTlsTest, AStreamMovesToAnotherWorkerBeforeOrAfter) {
  ASSERT_NO_FATAL_FAILURE(Open(kTls13));
  EXPECT_TRUE(Write("one, "));
  StreamBuffers second, third;
  stream_->Rebind(&second);
  EXPECT_TRUE(Write("two, "));
  ASSERT_TRUE(stream_->SendThroughKernel());
  kernel_.Limit(2);
  EXPECT_TRUE(Write("three, "));
  stream_->Rebind(&third);
  EXPECT_EQ(stream_->unsent(), 5u);
  Say("question");
  EXPECT_EQ(Text(stream_->Read().data), "question");
  EXPECT_TRUE(Write("four"));
  EXPECT_EQ(ReceivedToTheEnd(), "one, two, three, four");
}

TEST_F(KernelTlsTest, AnAlertWaitsUntilTheSocketHasRoom) {
  ASSERT_NO_FATAL_FAILURE(Open(kTls13));
  ASSERT_TRUE(stream_->SendThroughKernel());
  uint64_t said = 0;
  while (stream_->unsent() == 0) {
    ASSERT_TRUE(Write(Numbered(said, 65536)));
    said += 65536;
  }
  stream_->FinishWriting();
  EXPECT_FALSE(stream_->finished_writing());
  std::string got;
  int result = 0;
  while (!stream_->finished_writing()) {
    got += Received(&result);
    ASSERT_EQ(result, SSL_ERROR_WANT_READ);
    ASSERT_TRUE(stream_->Flush());
  }
  got += Received(&result);
  EXPECT_EQ(result, SSL_ERROR_ZERO_RETURN);
  EXPECT_TRUE(got == Numbered(0, said));
}

// --- RFC 8446 section 4.6.3

TEST_F(KernelTlsTest, NewKeysOfTheClientsAreItsOwnAffair) {
  ASSERT_NO_FATAL_FAILURE(Open(kTls13));
  ASSERT_TRUE(stream_->SendThroughKernel());
  ASSERT_EQ(SSL_key_update(ssl(), SSL_KEY_UPDATE_NOT_REQUESTED), 1);
  Say("with new keys");
  const StreamRead read = stream_->Read();
  EXPECT_EQ(Text(read.data), "with new keys");
  EXPECT_EQ(read.end, StreamEnd::kOpen);
  EXPECT_TRUE(Write("with the old ones"));
  EXPECT_EQ(Received(), "with the old ones");
}

TEST_F(KernelTlsTest, ASessionThatIsAskedForNewKeysEndsWithAnAlert) {
  ASSERT_NO_FATAL_FAILURE(Open(kTls13));
  ASSERT_TRUE(stream_->SendThroughKernel());
  EXPECT_TRUE(Write("all of this, "));
  ASSERT_EQ(SSL_key_update(ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
  Say("and you?");
  const StreamRead read = stream_->Read();
  EXPECT_EQ(Text(read.data), "and you?");
  EXPECT_EQ(read.end, StreamEnd::kFailed);
  EXPECT_FALSE(Write("with old keys"));
  int result = 0;
  EXPECT_EQ(Received(&result), "all of this, ");
  EXPECT_EQ(result, SSL_ERROR_SSL);
  EXPECT_EQ(Reason(), SSL_R_TLSV1_ALERT_INTERNAL_ERROR);
}

TEST_F(KernelTlsTest, KeysThatAreAboutToChangeStayWithOpenSsl) {
  ASSERT_NO_FATAL_FAILURE(Open(kTls13));
  ASSERT_EQ(SSL_key_update(ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
  Say("with new keys");
  EXPECT_EQ(Text(stream_->Read().data), "with new keys");
  EXPECT_FALSE(stream_->SendThroughKernel());
  EXPECT_TRUE(Write("with new ones, too"));
  EXPECT_EQ(Received(), "with new ones, too");
  EXPECT_EQ(kernel_.options_set(), 0);
}

TEST_F(KernelTlsTest, KeysThatHaveChangedStayWithOpenSsl) {
  ASSERT_NO_FATAL_FAILURE(Open(kTls13));
  ASSERT_EQ(SSL_key_update(ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
  Say("with new keys");
  EXPECT_EQ(Text(stream_->Read().data), "with new keys");
  EXPECT_TRUE(Write("with new ones, too, "));
  EXPECT_FALSE(stream_->SendThroughKernel());
  EXPECT_TRUE(Write("for ever"));
  EXPECT_EQ(Received(), "with new ones, too, for ever");
  EXPECT_EQ(kernel_.options_set(), 0);
}

// --- RFC 5246 section 7.4.1.1: a client may ask again, and be told no.

TEST_F(KernelTlsTest, ARefusedRenegotiationIsAnAlertBehindTheData) {
  ASSERT_NO_FATAL_FAILURE(Open(kTls12));
  ASSERT_TRUE(stream_->SendThroughKernel());
  kernel_.Limit(0);
  EXPECT_TRUE(Write("data"));
  ASSERT_EQ(SSL_renegotiate(ssl()), 1);
  SSL_do_handshake(ssl());
  EXPECT_EQ(stream_->Read().end, StreamEnd::kOpen);
  EXPECT_EQ(stream_->unsent(), 6u);
  EXPECT_TRUE(Write(" and more"));
  EXPECT_EQ(stream_->unsent(), 15u);
  EXPECT_TRUE(stream_->Flush());
  EXPECT_EQ(kernel_.records(), (Records{{kData, 13}, {kAlert, 2}}));
}

// --- where it is not, or not now

TEST_F(KernelTlsTest, WithoutTheSettingItCostsNoSystemCall) {
  ASSERT_NO_FATAL_FAILURE(Open(kTls13, false));
  EXPECT_FALSE(stream_->SendThroughKernel());
  EXPECT_TRUE(Write("by OpenSSL"));
  EXPECT_EQ(Received(), "by OpenSSL");
  EXPECT_EQ(kernel_.options_set(), 0);
  EXPECT_EQ(kernel_.records(), Records{});
}

TEST_F(KernelTlsTest, APlainStreamHasNoUseForIt) {
  auto [near, far] = Connected();
  Stream plain(kernel_, std::move(near), &buffers_);
  EXPECT_TRUE(plain.sends_plain());
  EXPECT_FALSE(plain.SendThroughKernel());
  EXPECT_EQ(kernel_.options_set(), 0);
}

struct Refusal {
  const char* test_name;
  Step step;
  int error;
};

class KernelTlsRefusalTest : public KernelTlsTest, public ::testing::WithParamInterface<Refusal> {};

TEST_P(KernelTlsRefusalTest, OpenSslGoesOn) {
  for (const Suite& suite : kSuites) {
    ASSERT_NO_FATAL_FAILURE(Open(suite));
    EXPECT_TRUE(Write("before, "));
    kernel_.Refuse(GetParam().step, GetParam().error);
    EXPECT_FALSE(stream_->SendThroughKernel());
    EXPECT_FALSE(stream_->SendThroughKernel()) << "it is asked for once";
    EXPECT_FALSE(stream_->sends_plain());
    kernel_.Limit(10);
    EXPECT_TRUE(Write("after"));
    stream_->FinishWriting();
    EXPECT_TRUE(stream_->Flush());
    int result = 0;
    EXPECT_EQ(Received(&result), "before, after");
    EXPECT_EQ(result, SSL_ERROR_ZERO_RETURN);
  }
  EXPECT_EQ(kernel_.records(), Records{});
}

INSTANTIATE_TEST_SUITE_P(All, KernelTlsRefusalTest,
                         ::testing::Values(Refusal{"NoModule", Step::kAttach, ENOENT},
                                           Refusal{"AnotherProtocol", Step::kAttach, EEXIST},
                                           Refusal{"NoOption", Step::kAttach, ENOPROTOOPT},
                                           Refusal{"CipherUnknown", Step::kKeys, EINVAL},
                                           Refusal{"CipherNotBuilt", Step::kKeys, ENOENT},
                                           Refusal{"NotSupported", Step::kKeys, EOPNOTSUPP},
                                           Refusal{"Busy", Step::kKeys, EBUSY},
                                           Refusal{"NoMemory", Step::kKeys, ENOMEM}),
                         [](const auto& test) { return test.param.test_name; });

TEST_F(KernelTlsTest, OtherCiphersStayWithOpenSsl) {
  ASSERT_NO_FATAL_FAILURE(Open({"", TLS1_3_VERSION, "TLS_AES_128_CCM_SHA256"}));
  EXPECT_FALSE(stream_->SendThroughKernel());
  EXPECT_TRUE(Write("by OpenSSL"));
  EXPECT_EQ(Received(), "by OpenSSL");
  EXPECT_EQ(kernel_.options_set(), 0);
}

TEST_F(KernelTlsTest, UnsentRecordsStayWithOpenSsl) {
  ASSERT_NO_FATAL_FAILURE(Open(kTls13));
  kernel_.Limit(7);
  EXPECT_TRUE(Write("cut, "));
  EXPECT_FALSE(stream_->SendThroughKernel());
  EXPECT_TRUE(Write("but whole"));
  EXPECT_EQ(ReceivedToTheEnd(), "cut, but whole");
  EXPECT_EQ(kernel_.options_set(), 0);
}

TEST_F(KernelTlsTest, ATicketThatStillWaitsStaysWithOpenSsl) {
  ASSERT_NO_FATAL_FAILURE(Open(kTls13, true, "request"));
  EXPECT_FALSE(stream_->SendThroughKernel());
  EXPECT_TRUE(Write("answer"));
  EXPECT_EQ(Received(), "answer");
  EXPECT_NE(client_->session(), nullptr) << "no ticket came";
}

TEST_F(KernelTlsTest, ATicketThatHasLeftIsCounted) {
  ASSERT_NO_FATAL_FAILURE(Open(kTls13, true, "request"));
  EXPECT_TRUE(Write("answer, "));
  EXPECT_TRUE(stream_->SendThroughKernel());
  EXPECT_TRUE(Write("and data"));
  EXPECT_EQ(Received(), "answer, and data");
  EXPECT_NE(client_->session(), nullptr) << "no ticket came";
}

TEST_F(KernelTlsTest, AStreamThatHasEndedIsLeftAlone) {
  ASSERT_NO_FATAL_FAILURE(Open(kTls13));
  stream_->FinishWriting();
  EXPECT_FALSE(stream_->SendThroughKernel());
  EXPECT_EQ(kernel_.options_set(), 0);
}

// What the kernel holds of earlier records it passes on once there is room: a FIN must not come
// before.
TEST(KernelTlsAlertTest, ItWouldBlockAsLongAsTheSocketHasLittleRoom) {
  KernelTlsDouble kernel;
  auto [near, far] = Connected();
  const std::string block(1000, 'x');
  pollfd room{near.get(), POLLOUT, 0};
  while (poll(&room, 1, 0) == 1) {
    ASSERT_EQ(send(near.get(), block.data(), block.size(), 0), 1000);
  }
  ASSERT_EQ(send(near.get(), block.data(), 1, 0), 1) << "it is little, not none";
  const uint8_t alert[] = {1, 0};
  EXPECT_TRUE(SendAlertThroughKernel(kernel, near.get(), alert).would_block());
  char buffer[65536];
  while (recv(far.get(), buffer, sizeof buffer, 0) > 0) {
  }
  EXPECT_EQ(SendAlertThroughKernel(kernel, near.get(), alert).value, 2);
}

TEST(KernelTlsOfferedTest, AKernelWithTheModuleOnlyMindsThatTheSocketIsNotConnected) {
  KernelTlsDouble kernel;
  EXPECT_TRUE(KernelTlsOffered(kernel));
  EXPECT_EQ(kernel.options_set(), 1);
  EXPECT_TRUE(KernelTlsOffered(kernel));
}

TEST(KernelTlsOfferedTest, OthersDoNotKnowTheName) {
  KernelTlsDouble kernel;
  for (const int error : {ENOENT, ENOPROTOOPT, EPERM, EINVAL}) {
    kernel.Refuse(Step::kAttach, error);
    EXPECT_FALSE(KernelTlsOffered(kernel)) << error;
  }
}

}  // namespace
}  // namespace culvert::net
