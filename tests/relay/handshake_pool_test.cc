#include "server/relay/handshake_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <future>
#include <string>

#include "tests/support/test_certificate.h"
#include "tests/support/tls_pump.h"

namespace culvert::relay {
namespace {

using net::StreamEnd;
using StepPtr = std::unique_ptr<HandshakeStep>;

// A client in memory at one end of a socket pair; the pool does the server's side at the other.
class HandshakePoolTest : public ::testing::Test {
 protected:
  HandshakePoolTest() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    client_end_ = net::Fd(ends[0]);
    server_end_ = net::Fd(ends[1]);
    SSL_set_bio(client_.ssl(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(client_.ssl());
  }

  std::shared_ptr<net::TlsContext> Context() {
    net::TlsSettings settings;
    settings.cert_file = certificate_.cert_file();
    settings.pkey_file = certificate_.key_file();
    auto context =
        net::TlsContext::Load(settings, net::TicketKeys::Random(), net::TlsContext::Kind::kStream);
    EXPECT_TRUE(context.ok());
    return *context;
  }

  // What the client has to say now.
  std::vector<uint8_t> FromClient() {
    SSL_do_handshake(client_.ssl());
    std::vector<uint8_t> bytes(BIO_ctrl_pending(SSL_get_wbio(client_.ssl())));
    BIO_read(SSL_get_wbio(client_.ssl()), bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }
  // What the pool has sent to it.
  void ToClient() {
    std::vector<uint8_t> bytes(65536);
    const ssize_t size = recv(client_end_.get(), bytes.data(), bytes.size(), 0);
    ASSERT_GT(size, 0);
    BIO_write(SSL_get_rbio(client_.ssl()), bytes.data(), static_cast<int>(size));
  }

  StepPtr FirstStep(std::vector<uint8_t> received) {
    auto step = std::make_unique<HandshakeStep>();
    step->stream =
        std::make_unique<net::Stream>(net::Syscalls::Kernel(), std::move(server_end_), nullptr);
    step->context = Context();
    step->received = std::move(received);
    return step;
  }
  StepPtr SecondStep(StepPtr first) {
    auto step = std::make_unique<HandshakeStep>();
    step->stream = std::move(first->stream);
    return step;
  }
  // Submits, and waits until it comes back.
  StepPtr Done(HandshakePool& pool, StepPtr step) {
    std::promise<StepPtr> promise;
    step->done = [&promise](StepPtr done) { promise.set_value(std::move(done)); };
    pool.Submit(std::move(step));
    return promise.get_future().get();
  }

  culvert::testing::TestCertificate certificate_;
  culvert::testing::TlsClient client_{{}};
  net::Fd client_end_;
  net::Fd server_end_;
};

TEST_F(HandshakePoolTest, TwoStepsMakeAHandshakeAndOpenWhatIsBehindIt) {
  HandshakePool pool(2);
  pool.Start();
  StepPtr step = Done(pool, FirstStep(FromClient()));
  EXPECT_EQ(step->end, StreamEnd::kOpen);
  EXPECT_TRUE(step->opened.empty());
  EXPECT_TRUE(step->stream->handshaking());
  ASSERT_NO_FATAL_FAILURE(ToClient());
  std::vector<uint8_t> finished = FromClient();
  ASSERT_EQ(SSL_write(client_.ssl(), "early", 5), 5);
  const std::vector<uint8_t> early = FromClient();
  finished.insert(finished.end(), early.begin(), early.end());
  ASSERT_EQ(send(client_end_.get(), finished.data(), finished.size(), 0),
            static_cast<ssize_t>(finished.size()));
  step = Done(pool, SecondStep(std::move(step)));
  EXPECT_EQ(step->end, StreamEnd::kOpen);
  EXPECT_EQ(std::string(step->opened.begin(), step->opened.end()), "early");
  EXPECT_FALSE(step->stream->handshaking());
  // Tickets wait for the answer to it, which shares their system call: on any thread.
  net::StreamBuffers buffers;
  step->stream->Rebind(&buffers);
  EXPECT_TRUE(step->stream->SendFlight());
  ASSERT_NO_FATAL_FAILURE(ToClient());
  char none;
  EXPECT_LT(SSL_read(client_.ssl(), &none, 1), 0);
  EXPECT_NE(client_.session(), nullptr);
}

TEST_F(HandshakePoolTest, GarbageFailsAndIsToldSo) {
  HandshakePool pool(1);
  pool.Start();
  std::vector<uint8_t> hello = FromClient();
  hello[5] = 0x7f;  // no handshake message
  const StepPtr step = Done(pool, FirstStep(hello));
  EXPECT_EQ(step->end, StreamEnd::kFailed);
  // Its alert.
  uint8_t byte = 0;
  ASSERT_EQ(recv(client_end_.get(), &byte, 1, 0), 1);
  EXPECT_EQ(byte, 0x15);
}

TEST_F(HandshakePoolTest, AClientThatHangsUpIsItsWorkersToEnd) {
  HandshakePool pool(1);
  pool.Start();
  StepPtr step = Done(pool, FirstStep(FromClient()));
  ASSERT_NO_FATAL_FAILURE(ToClient());
  client_end_.Close();
  step = Done(pool, SecondStep(std::move(step)));
  EXPECT_EQ(step->end, StreamEnd::kFin);
  EXPECT_NE(step->stream, nullptr);
}

TEST_F(HandshakePoolTest, ItsThreadsHaveLessPriority) {
  HandshakePool pool(1);
  pool.Start();
  const int own = getpriority(PRIO_PROCESS, 0);
  std::promise<int> promise;
  StepPtr step = FirstStep(FromClient());
  step->done = [&promise](StepPtr) { promise.set_value(getpriority(PRIO_PROCESS, 0)); };
  pool.Submit(std::move(step));
  EXPECT_EQ(promise.get_future().get(), std::min(own + 10, 19));
  EXPECT_EQ(getpriority(PRIO_PROCESS, 0), own);
}

TEST_F(HandshakePoolTest, TellsSinceWhenAStepIsBeingDone) {
  HandshakePool pool(1);
  pool.Start();
  EXPECT_FALSE(pool.busy_since().has_value());
  std::promise<void> looked;
  std::promise<void> there;
  StepPtr step = FirstStep(FromClient());
  step->done = [&](StepPtr) {
    there.set_value();
    looked.get_future().wait();
  };
  pool.Submit(std::move(step));
  there.get_future().wait();
  EXPECT_TRUE(pool.busy_since().has_value());
  looked.set_value();
  pool.Stop();
  EXPECT_FALSE(pool.busy_since().has_value());
}

TEST_F(HandshakePoolTest, WhatWaitsAtTheStopIsClosedAndDoesNotComeBack) {
  HandshakePool pool(1);
  bool came_back = false;
  StepPtr step = FirstStep(FromClient());
  step->done = [&came_back](StepPtr) { came_back = true; };
  pool.Submit(std::move(step));
  pool.Stop();
  EXPECT_FALSE(came_back);
  char none;
  EXPECT_EQ(recv(client_end_.get(), &none, 1, 0), 0);
}

TEST_F(HandshakePoolTest, AfterTheStopStepsAreClosed) {
  HandshakePool pool(1);
  pool.Start();
  pool.Stop();
  pool.Submit(FirstStep(FromClient()));
  char none;
  EXPECT_EQ(recv(client_end_.get(), &none, 1, 0), 0);
}

}  // namespace
}  // namespace culvert::relay
