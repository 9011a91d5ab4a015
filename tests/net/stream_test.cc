#include "server/net/stream.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/scripted_syscalls.h"
#include "tests/support/test_certificate.h"
#include "tests/support/tls_pump.h"

namespace culvert::net {
namespace {

using testing::ScriptedSyscalls;
using Call = ScriptedSyscalls::Call;

class StreamTest : public ::testing::Test {
 protected:
  StreamTest() {
    int pair[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    stream_ = std::make_unique<Stream>(sys_, Fd(pair[0]), &buffers_);
    other_ = Fd(pair[1]);
  }

  // What has arrived at the other end; `end` is set when no more can.
  std::string Arrived(bool* end = nullptr) {
    std::string all;
    char buffer[65536];
    ssize_t n;
    while ((n = recv(other_.get(), buffer, sizeof buffer, 0)) > 0) {
      all.append(buffer, static_cast<size_t>(n));
    }
    if (end != nullptr) *end = n == 0;
    return all;
  }
  void Say(std::string_view bytes) {
    ASSERT_EQ(send(other_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  bool Write(std::string_view text) { return stream_->Write(AsBytes(text)); }
  static std::string Text(ByteView bytes) { return std::string(AsText(bytes)); }

  ScriptedSyscalls sys_;
  StreamBuffers buffers_;
  std::unique_ptr<Stream> stream_;
  Fd other_;
};

TEST_F(StreamTest, WhatTheKernelDoesNotTakeIsKeptAndFlushed) {
  sys_.Limit(Call::kSend, 3);
  EXPECT_TRUE(Write("hello world"));
  EXPECT_EQ(stream_->unsent(), 8u);
  EXPECT_EQ(Arrived(), "hel");
  sys_.Limit(Call::kSend, 2);
  sys_.Fail(Call::kSend, EAGAIN);
  EXPECT_TRUE(stream_->Flush());
  EXPECT_EQ(stream_->unsent(), 6u);
  EXPECT_EQ(Arrived(), "lo");
  EXPECT_TRUE(stream_->Flush());
  EXPECT_EQ(stream_->unsent(), 0u);
  EXPECT_EQ(Arrived(), " world");
}

TEST_F(StreamTest, LaterWritesStayBehindWhatIsKept) {
  sys_.Fail(Call::kSend, EAGAIN);
  EXPECT_TRUE(Write("first "));
  EXPECT_TRUE(Write("second "));
  EXPECT_EQ(Arrived(), "");
  EXPECT_TRUE(Write("third"));
  EXPECT_TRUE(stream_->Flush());
  EXPECT_EQ(Arrived(), "first second third");
}

TEST_F(StreamTest, AGatheredWriteMayBeCutAnywhere) {
  std::string pieces[] = {"ab", "", "cdef", "g"};
  for (size_t taken = 0; taken <= 7; ++taken) {
    std::vector<iovec> gathered;
    for (std::string& piece : pieces) gathered.push_back({piece.data(), piece.size()});
    if (taken == 0) {
      sys_.Fail(Call::kSend, EAGAIN);
    } else {
      sys_.Limit(Call::kSend, taken);
    }
    EXPECT_TRUE(stream_->Write(gathered));
    EXPECT_EQ(stream_->unsent(), 7 - taken);
    EXPECT_TRUE(stream_->Flush());
    EXPECT_EQ(Arrived(), "abcdefg") << taken;
  }
}

TEST_F(StreamTest, ReadsStandBehindTheirPrefix) {
  Say("world");
  const std::string prefix = "hello ";
  const StreamRead read = stream_->Read(AsBytes(prefix));
  EXPECT_EQ(Text(read.data), "hello world");
  EXPECT_EQ(read.end, StreamEnd::kOpen);
  const StreamRead nothing = stream_->Read(AsBytes(prefix));
  EXPECT_EQ(Text(nothing.data), "hello ");
  EXPECT_EQ(nothing.end, StreamEnd::kOpen);
}

TEST_F(StreamTest, FinComesBehindWhatIsUnsent) {
  sys_.Limit(Call::kSend, 4);
  EXPECT_TRUE(Write("last words"));
  stream_->FinishWriting();
  EXPECT_FALSE(stream_->finished_writing());
  bool end = true;
  EXPECT_EQ(Arrived(&end), "last");
  EXPECT_FALSE(end);
  EXPECT_FALSE(Write("too late"));
  EXPECT_TRUE(stream_->Flush());
  EXPECT_TRUE(stream_->finished_writing());
  EXPECT_EQ(Arrived(&end), " words");
  EXPECT_TRUE(end);
}

TEST_F(StreamTest, AfterItsOwnFinItStillReads) {
  stream_->FinishWriting();
  Say("answer");
  EXPECT_EQ(Text(stream_->Read().data), "answer");
  other_.Close();
  EXPECT_EQ(stream_->Read().end, StreamEnd::kFin);
}

TEST_F(StreamTest, ABrokenConnectionIsSaidOnceAndForAll) {
  sys_.Fail(Call::kSend, EPIPE);
  EXPECT_FALSE(Write("into the void"));
  EXPECT_FALSE(Write("again"));
  EXPECT_FALSE(stream_->Flush());
}

TEST_F(StreamTest, AResetIsNoFin) {
  sys_.Fail(Call::kReceive, ECONNRESET);
  EXPECT_EQ(stream_->Read().end, StreamEnd::kReset);
}

TEST_F(StreamTest, InterruptedAndEmptyReadsAreNoEnd) {
  sys_.Fail(Call::kReceive, EINTR);
  EXPECT_EQ(stream_->Read().end, StreamEnd::kOpen);
  EXPECT_EQ(stream_->Read().end, StreamEnd::kOpen);
}

// The first byte tells what a connection speaks; plain bytes are then taken as they are.
TEST_F(StreamTest, TheFirstBytesStayWhereTakeFirstFindsThem) {
  Say("plain text");
  const StreamRead first = stream_->ReadFirst();
  EXPECT_EQ(Text(first.data), "plain text");
  EXPECT_EQ(first.end, StreamEnd::kOpen);
  const StreamRead taken = stream_->TakeFirst();
  EXPECT_EQ(Text(taken.data), "plain text");
  EXPECT_EQ(taken.end, StreamEnd::kOpen);
  Say(" goes on");
  EXPECT_EQ(Text(stream_->Read(AsBytes("what was cut")).data), "what was cut goes on");
}

TEST_F(StreamTest, AFirstReadMayFindNothingFinOrAReset) {
  const StreamRead nothing = stream_->ReadFirst();
  EXPECT_TRUE(nothing.data.empty());
  EXPECT_EQ(nothing.end, StreamEnd::kOpen);
  sys_.Fail(Call::kReceive, ECONNRESET);
  EXPECT_EQ(stream_->ReadFirst().end, StreamEnd::kReset);
  other_.Close();
  const StreamRead end = stream_->ReadFirst();
  EXPECT_TRUE(end.data.empty());
  EXPECT_EQ(end.end, StreamEnd::kFin);
}

class TlsStreamTest : public StreamTest {
 protected:
  explicit TlsStreamTest(bool start_tls = true) : client_(testing::TlsClientSettings{}) {
    TlsSettings settings;
    settings.cert_file = certificate_.cert_file();
    settings.pkey_file = certificate_.key_file();
    auto context = TlsContext::Load(settings, TicketKeys::Random(), TlsContext::Kind::kStream);
    EXPECT_TRUE(context.ok());
    context_ = *context;
    if (start_tls) stream_->StartTls(context_->NewSession());
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(client_.ssl(), in_, out_);
    SSL_set_connect_state(client_.ssl());
  }

  // What the client wrote.
  std::string Ciphertext() {
    std::string all(65536, '\0');
    const int n = BIO_read(out_, all.data(), static_cast<int>(all.size()));
    all.resize(n > 0 ? static_cast<size_t>(n) : 0);
    return all;
  }
  void TakeIn() {
    const std::string arrived = Arrived();
    if (!arrived.empty()) BIO_write(in_, arrived.data(), static_cast<int>(arrived.size()));
  }
  void Handshake() {
    for (int round = 0; round < 10 && stream_->handshaking(); ++round) {
      SSL_do_handshake(client_.ssl());
      const std::string flight = Ciphertext();
      if (!flight.empty()) Say(flight);
      ASSERT_NE(stream_->Read().end, StreamEnd::kFailed);
      TakeIn();
    }
    ASSERT_FALSE(stream_->handshaking());
  }
  // What the client decrypts; `result` is SSL_get_error of the last read.
  std::string Decrypted(int* result = nullptr) {
    TakeIn();
    std::string all;
    char buffer[65536];
    int n;
    while ((n = SSL_read(client_.ssl(), buffer, sizeof buffer)) > 0) {
      all.append(buffer, static_cast<size_t>(n));
    }
    if (result != nullptr) *result = SSL_get_error(client_.ssl(), n);
    return all;
  }
  std::string Encrypted(std::string_view text) {
    EXPECT_EQ(SSL_write(client_.ssl(), text.data(), static_cast<int>(text.size())),
              static_cast<int>(text.size()));
    return Ciphertext();
  }

  testing::TestCertificate certificate_;
  std::shared_ptr<TlsContext> context_;
  testing::TlsClient client_;
  BIO* in_;
  BIO* out_;
};

TEST_F(TlsStreamTest, HandshakeAndDataInSingleBytes) {
  std::string got;
  for (int round = 0; round < 10 && stream_->handshaking(); ++round) {
    SSL_do_handshake(client_.ssl());
    for (const char byte : Ciphertext()) {
      Say({&byte, 1});
      ASSERT_EQ(stream_->Read().end, StreamEnd::kOpen);
    }
    TakeIn();
  }
  ASSERT_FALSE(stream_->handshaking());
  for (const char byte : Encrypted("one byte at a time")) {
    Say({&byte, 1});
    got += Text(stream_->Read().data);
  }
  EXPECT_EQ(got, "one byte at a time");
  EXPECT_TRUE(Write("and back"));
  EXPECT_EQ(Decrypted(), "and back");
}

TEST_F(TlsStreamTest, DataRightBehindTheHandshakeIsNotLost) {
  SSL_do_handshake(client_.ssl());
  Say(Ciphertext());
  stream_->Read();
  TakeIn();
  SSL_do_handshake(client_.ssl());
  const std::string finished = Ciphertext();
  // In one segment with the client's Finished.
  Say(finished + Encrypted("hello"));
  EXPECT_EQ(Text(stream_->Read().data), "hello");
}

TEST_F(TlsStreamTest, ManyRecordsInOneReadStandBehindThePrefix) {
  ASSERT_NO_FATAL_FAILURE(Handshake());
  std::string records;
  std::string expected = "prefix ";
  for (int i = 0; i < 40; ++i) {
    const std::string text(static_cast<size_t>(i) * 17, static_cast<char>('a' + i % 26));
    if (!text.empty()) records += Encrypted(text);
    expected += text;
  }
  Say(records);
  EXPECT_EQ(Text(stream_->Read(AsBytes("prefix ")).data), expected);
}

TEST_F(TlsStreamTest, UnsentRecordsAreKeptInOrder) {
  ASSERT_NO_FATAL_FAILURE(Handshake());
  sys_.Limit(Call::kSend, 10);
  EXPECT_TRUE(Write("first "));
  EXPECT_TRUE(Write("second "));
  sys_.Limit(Call::kSend, 5);
  sys_.Fail(Call::kSend, EAGAIN);
  EXPECT_TRUE(stream_->Flush());
  EXPECT_GT(stream_->unsent(), 0u);
  EXPECT_TRUE(Write("third"));
  EXPECT_TRUE(stream_->Flush());
  EXPECT_EQ(stream_->unsent(), 0u);
  EXPECT_EQ(Decrypted(), "first second third");
}

TEST_F(TlsStreamTest, AWriteLargerThanTheWorkersBufferIsWhole) {
  ASSERT_NO_FATAL_FAILURE(Handshake());
  std::string large(StreamBuffers::kWrite * 2 + 4321, '\0');
  for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31 >> 3);
  EXPECT_TRUE(Write(large));
  std::string got;
  while (got.size() < large.size()) {
    const std::string more = Decrypted();
    ASSERT_TRUE(stream_->Flush());
    ASSERT_FALSE(more.empty() && stream_->unsent() == 0);
    got += more;
  }
  EXPECT_TRUE(got == large);
}

// Data, close_notify, FIN.
TEST_F(TlsStreamTest, CloseNotifyAndFinComeBehindWhatIsUnsent) {
  ASSERT_NO_FATAL_FAILURE(Handshake());
  sys_.Fail(Call::kSend, EAGAIN);
  EXPECT_TRUE(Write("last words"));
  stream_->FinishWriting();
  EXPECT_FALSE(stream_->finished_writing());
  int result = 0;
  EXPECT_EQ(Decrypted(&result), "");
  EXPECT_EQ(result, SSL_ERROR_WANT_READ);
  EXPECT_TRUE(stream_->Flush());
  EXPECT_TRUE(stream_->finished_writing());
  EXPECT_EQ(Decrypted(&result), "last words");
  EXPECT_EQ(result, SSL_ERROR_ZERO_RETURN);
  bool end = false;
  Arrived(&end);
  EXPECT_TRUE(end);
}

TEST_F(TlsStreamTest, TheClientsCloseNotifyIsFinAndLeavesOurDirectionOpen) {
  ASSERT_NO_FATAL_FAILURE(Handshake());
  const std::string last = Encrypted("last words");
  SSL_shutdown(client_.ssl());
  Say(last + Ciphertext());
  const StreamRead read = stream_->Read();
  EXPECT_EQ(Text(read.data), "last words");
  EXPECT_EQ(read.end, StreamEnd::kFin);
  EXPECT_TRUE(Write("still here"));
  EXPECT_EQ(Decrypted(), "still here");
}

TEST_F(TlsStreamTest, ReadingGoesOnAfterOurCloseNotify) {
  ASSERT_NO_FATAL_FAILURE(Handshake());
  stream_->FinishWriting();
  Say(Encrypted("I have more to say"));
  const StreamRead read = stream_->Read();
  EXPECT_EQ(Text(read.data), "I have more to say");
  EXPECT_EQ(read.end, StreamEnd::kOpen);
}

TEST_F(TlsStreamTest, ADamagedRecordFailsAndSaysSo) {
  ASSERT_NO_FATAL_FAILURE(Handshake());
  std::string record = Encrypted("secret");
  record.back() = static_cast<char>(record.back() ^ 1);
  Say(record);
  const StreamRead read = stream_->Read();
  EXPECT_EQ(read.data.size(), 0u);
  EXPECT_EQ(read.end, StreamEnd::kFailed);
  EXPECT_NE(Arrived(), "") << "an alert";
  EXPECT_FALSE(Write("no more"));
}

// A connection of which it is not known yet whether it is TLS.
class FirstBytesTest : public TlsStreamTest {
 protected:
  FirstBytesTest() : TlsStreamTest(false) {}
};

TEST_F(FirstBytesTest, AClientHelloThatWasLookedAtBeginsTheHandshake) {
  SSL_do_handshake(client_.ssl());
  const std::string hello = Ciphertext();
  Say(hello);
  const StreamRead first = stream_->ReadFirst();
  EXPECT_EQ(Text(first.data), hello);
  ASSERT_EQ(first.data[0], 0x16);
  stream_->StartTls(context_->NewSession());
  const StreamRead taken = stream_->TakeFirst();
  EXPECT_TRUE(taken.data.empty());
  EXPECT_EQ(taken.end, StreamEnd::kOpen);
  EXPECT_TRUE(stream_->handshaking());
  ASSERT_NO_FATAL_FAILURE(Handshake());
  Say(Encrypted("hello"));
  EXPECT_EQ(Text(stream_->Read().data), "hello");
}

TEST_F(FirstBytesTest, AClientHelloMayBeCutBehindTheFirstByte) {
  SSL_do_handshake(client_.ssl());
  const std::string hello = Ciphertext();
  Say(hello.substr(0, 1));
  ASSERT_EQ(stream_->ReadFirst().data.size(), 1u);
  stream_->StartTls(context_->NewSession());
  EXPECT_EQ(stream_->TakeFirst().end, StreamEnd::kOpen);
  Say(hello.substr(1));
  EXPECT_EQ(stream_->Read().end, StreamEnd::kOpen);
  ASSERT_NO_FATAL_FAILURE(Handshake());
}

TEST_F(FirstBytesTest, WhatOnlyBeginsLikeTlsFails) {
  Say("\x16this is no record");
  stream_->ReadFirst();
  stream_->StartTls(context_->NewSession());
  EXPECT_EQ(stream_->TakeFirst().end, StreamEnd::kFailed);
}

// A client of TLS 1.3 whose Finished comes in one segment with its first request: what the
// handshake still owes, the session ticket, waits for the answer.
class FlightTest : public TlsStreamTest {
 protected:
  void FinishWith(std::string_view request) {
    SSL_do_handshake(client_.ssl());
    Say(Ciphertext());
    stream_->Read();
    TakeIn();
    ASSERT_EQ(SSL_do_handshake(client_.ssl()), 1);
    ASSERT_EQ(SSL_version(client_.ssl()), TLS1_3_VERSION);
    const std::string finished = Ciphertext();
    Say(request.empty() ? finished : finished + Encrypted(request));
    ASSERT_EQ(Text(stream_->Read().data), request);
    ASSERT_FALSE(stream_->handshaking());
  }
  // One send is let through; a second one would break the connection.
  void AllowOneSend() {
    sys_.Pass(Call::kSend);
    sys_.Fail(Call::kSend, EPIPE);
  }
  bool SentOnce() const { return !sys_.finished(); }
};

TEST_F(FlightTest, TheTicketLeavesInOneSendWithTheAnswer) {
  ASSERT_NO_FATAL_FAILURE(FinishWith("request"));
  EXPECT_EQ(Arrived(), "") << "the ticket went by itself";
  AllowOneSend();
  EXPECT_TRUE(Write("answer"));
  EXPECT_TRUE(SentOnce());
  EXPECT_EQ(client_.session(), nullptr);
  EXPECT_EQ(Decrypted(), "answer");
  EXPECT_NE(client_.session(), nullptr) << "no ticket came";
  EXPECT_TRUE(stream_->SendFlight());
  EXPECT_EQ(Arrived(), "") << "something was sent twice";
}

TEST_F(FlightTest, TheTicketLeavesByItselfWhenNoAnswerComes) {
  ASSERT_NO_FATAL_FAILURE(FinishWith("indication"));
  AllowOneSend();
  EXPECT_TRUE(stream_->SendFlight());
  EXPECT_TRUE(stream_->SendFlight());
  EXPECT_TRUE(SentOnce());
  EXPECT_EQ(Decrypted(), "");
  EXPECT_NE(client_.session(), nullptr);
}

TEST_F(FlightTest, WithoutARequestTheTicketLeavesAtOnce) {
  ASSERT_NO_FATAL_FAILURE(FinishWith(""));
  EXPECT_EQ(Decrypted(), "");
  EXPECT_NE(client_.session(), nullptr);
  EXPECT_TRUE(stream_->SendFlight());
  EXPECT_EQ(Arrived(), "");
}

// Another read may come before the answer: what waits stays in front of what that one writes.
TEST_F(FlightTest, TheTicketSurvivesAnotherRead) {
  ASSERT_NO_FATAL_FAILURE(FinishWith("first"));
  Say(Encrypted("second"));
  EXPECT_EQ(Text(stream_->Read().data), "second");
  EXPECT_EQ(Arrived(), "");
  EXPECT_TRUE(Write("answers"));
  EXPECT_EQ(Decrypted(), "answers");
  EXPECT_NE(client_.session(), nullptr);
}

TEST_F(FlightTest, TheTicketLeavesBeforeCloseNotify) {
  ASSERT_NO_FATAL_FAILURE(FinishWith("last request"));
  stream_->FinishWriting();
  int result = 0;
  EXPECT_EQ(Decrypted(&result), "");
  EXPECT_EQ(result, SSL_ERROR_ZERO_RETURN);
  EXPECT_NE(client_.session(), nullptr);
}

TEST_F(FlightTest, ABrokenConnectionIsSaidBySendFlight) {
  ASSERT_NO_FATAL_FAILURE(FinishWith("indication"));
  sys_.Fail(Call::kSend, EPIPE);
  EXPECT_FALSE(stream_->SendFlight());
}

}  // namespace
}  // namespace culvert::net
