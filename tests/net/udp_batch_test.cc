#include "server/net/udp_batch.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <memory>
#include <string>
#include <vector>

#include "server/net/socket.h"
#include "tests/support/scripted_syscalls.h"

namespace culvert::net {
namespace {

using testing::ScriptedSyscalls;
using Call = ScriptedSyscalls::Call;

const IpAddress kLoopback = IpAddress::V4(127, 0, 0, 1);

class UdpBatchTest : public ::testing::Test {
 protected:
  UdpBatchTest()
      : source_(OpenUdpRelay(sys_, Endpoint(kLoopback, 0)).value()),
        target_(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_storage storage;
    const socklen_t size = Endpoint(kLoopback, 0).ToSockaddr(&storage);
    EXPECT_EQ(bind(target_.get(), reinterpret_cast<sockaddr*>(&storage), size), 0);
    to_ = LocalEndpoint(target_.get());
  }

  bool Add(const std::string& text) {
    kept_.push_back(std::make_unique<std::string>(text));
    return sender_->Add(to_, nullptr, AsBytes(*kept_.back()));
  }
  UdpSender::Outcome Flush() { return sender_->Flush(sys_, source_.get()); }

  // The datagrams that are there, one by one, as a socket without GRO sees them.
  std::vector<std::string> Arrived() {
    std::vector<std::string> all;
    char buffer[65536];
    for (ssize_t n; (n = recv(target_.get(), buffer, sizeof buffer, 0)) >= 0;) {
      all.emplace_back(buffer, static_cast<size_t>(n));
    }
    return all;
  }
  std::vector<uint16_t> Segments() const {
    std::vector<uint16_t> all;
    for (const auto& sent : sys_.sent()) all.push_back(sent.segment);
    return all;
  }

  ScriptedSyscalls sys_;
  Fd source_;
  Fd target_;
  Endpoint to_;
  std::unique_ptr<UdpSender> sender_ = std::make_unique<UdpSender>();
  std::vector<std::unique_ptr<std::string>> kept_;
};

std::string Filled(size_t size, char with) {
  return std::string(size, with);
}

TEST_F(UdpBatchTest, ARunOfEqualSizeLeavesAsOneAndArrivesAsItWas) {
  std::vector<std::string> texts;
  for (char c = 'a'; c < 'k'; ++c) texts.push_back(Filled(160, c));
  for (const auto& text : texts) ASSERT_TRUE(Add(text));
  const auto outcome = Flush();
  EXPECT_EQ(Arrived(), texts);
  EXPECT_EQ(Segments(), (std::vector<uint16_t>{160}));
  EXPECT_EQ(outcome.datagrams, 10u);
  EXPECT_EQ(outcome.run_datagrams, 10u);
  EXPECT_EQ(outcome.bytes, 1600u);
  EXPECT_EQ(outcome.calls, 1u);
  EXPECT_EQ(outcome.failed, 0u);
  EXPECT_TRUE(sender_->empty());
}

TEST_F(UdpBatchTest, AShorterOneEndsARunAndALongerOneBeginsTheNext) {
  const std::vector<std::string> texts = {Filled(100, 'a'), Filled(100, 'b'), Filled(60, 'c'),
                                          Filled(60, 'd'),  Filled(100, 'e'), Filled(100, 'f')};
  for (const auto& text : texts) ASSERT_TRUE(Add(text));
  Flush();
  EXPECT_EQ(Arrived(), texts);
  EXPECT_EQ(Segments(), (std::vector<uint16_t>{100, 0, 100}));
}

TEST_F(UdpBatchTest, EmptyDatagramsTravelAloneAndInOrder) {
  const std::vector<std::string> texts = {
      "", "", Filled(50, 'a'), "", Filled(50, 'b'), Filled(50, 'c'), ""};
  for (const auto& text : texts) ASSERT_TRUE(Add(text));
  const auto outcome = Flush();
  EXPECT_EQ(Arrived(), texts);
  EXPECT_EQ(outcome.datagrams, 7u);
  EXPECT_EQ(outcome.run_datagrams, 2u);
}

TEST_F(UdpBatchTest, ADatagramOfTwoPiecesIsOne) {
  const std::string head = "head";
  const std::string body = "body!";
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(sender_->Add(to_, nullptr, AsBytes(head), AsBytes(body)));
  }
  Flush();
  EXPECT_EQ(Arrived(), (std::vector<std::string>(3, "headbody!")));
}

TEST_F(UdpBatchTest, ARunEndsAtTheKernelsLimits) {
  // 64 segments.
  for (int i = 0; i < 70; ++i) ASSERT_TRUE(Add(Filled(20, 'x')));
  Flush();
  EXPECT_EQ(Arrived().size(), 70u);
  ASSERT_EQ(sys_.sent().size(), 2u);
  EXPECT_EQ(sys_.sent()[0].bytes.size(), 64u * 20);
  // 65000 bytes.
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(Add(Filled(1400, 'y')));
  Flush();
  EXPECT_EQ(Arrived().size(), 50u);
  ASSERT_EQ(sys_.sent().size(), 4u);
  EXPECT_EQ(sys_.sent()[2].bytes.size(), 46u * 1400);
}

TEST_F(UdpBatchTest, AFullSenderTakesNoMoreAndLosesNothing) {
  size_t added = 0;
  // Growing sizes make a run of each.
  while (Add(Filled(added + 1, 'z'))) ++added;
  EXPECT_EQ(added, UdpSender::kMessages);
  Flush();
  EXPECT_EQ(Arrived().size(), UdpSender::kMessages);
  EXPECT_TRUE(Add("again"));
}

TEST_F(UdpBatchTest, WhatTheKernelTakesInPartsIsSentInParts) {
  sys_.Limit(Call::kSendBatch, 1);
  sys_.Limit(Call::kSendBatch, 2);
  std::vector<std::string> texts;
  for (size_t i = 1; i <= 5; ++i) texts.push_back(Filled(i, 'p'));
  for (const auto& text : texts) ASSERT_TRUE(Add(text));
  const auto outcome = Flush();
  EXPECT_EQ(Arrived(), texts);
  EXPECT_EQ(outcome.calls, 3u);
  EXPECT_EQ(outcome.datagrams, 5u);
}

// Wider than the path, a device without checksums: its datagrams may still go.
TEST_F(UdpBatchTest, ARefusedRunIsSentSingly) {
  for (const int error : {EINVAL, EMSGSIZE}) {
    sys_.Fail(Call::kSendBatch, error);
    const std::vector<std::string> texts = {Filled(90, 'a'), Filled(90, 'b'), Filled(30, 'c')};
    for (const auto& text : texts) ASSERT_TRUE(Add(text));
    const auto outcome = Flush();
    EXPECT_EQ(Arrived(), texts);
    EXPECT_EQ(outcome.datagrams, 3u);
    EXPECT_EQ(outcome.bytes, 210u);
    EXPECT_EQ(outcome.failed, 0u);
    EXPECT_EQ(outcome.run_datagrams, 0u);
    EXPECT_TRUE(sender_->segmentation());
  }
}

TEST_F(UdpBatchTest, WithoutSegmentationRunsAreNotMadeAnyMore) {
  sys_.Fail(Call::kSendBatch, EIO);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Add("same"));
  EXPECT_EQ(Flush().datagrams, 3u);
  EXPECT_FALSE(sender_->segmentation());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Add("same"));
  const auto outcome = Flush();
  EXPECT_EQ(outcome.datagrams, 3u);
  EXPECT_EQ(outcome.run_datagrams, 0u);
  EXPECT_EQ(Arrived().size(), 6u);
}

// An ICMP error about an earlier datagram is reported on the next, which is innocent.
TEST_F(UdpBatchTest, AnErrorOfAnEarlierDatagramCostsNone) {
  for (const int error : {ECONNREFUSED, EHOSTUNREACH, ENETUNREACH}) {
    sys_.Fail(Call::kSendBatch, error);
    ASSERT_TRUE(Add("innocent"));
    const auto outcome = Flush();
    EXPECT_EQ(outcome.datagrams, 1u);
    EXPECT_EQ(outcome.failed, 0u);
    EXPECT_EQ(Arrived(), (std::vector<std::string>{"innocent"}));
  }
}

// A full buffer loses what did not fit, and only that.
TEST_F(UdpBatchTest, ARefusedDatagramIsCountedAndTheRestGoes) {
  for (const int error : {EAGAIN, ENOBUFS, EPERM}) {
    sys_.Fail(Call::kSendBatch, error);
    ASSERT_TRUE(Add("a"));
    ASSERT_TRUE(Add("bb"));
    const auto outcome = Flush();
    EXPECT_EQ(outcome.failed, 1u);
    EXPECT_EQ(outcome.datagrams, 1u);
    EXPECT_EQ(Arrived(), (std::vector<std::string>{"bb"}));
  }
}

TEST_F(UdpBatchTest, AnInterruptedCallIsMadeAgain) {
  sys_.Fail(Call::kSendBatch, EINTR);
  ASSERT_TRUE(Add("a"));
  const auto outcome = Flush();
  EXPECT_EQ(outcome.datagrams, 1u);
  EXPECT_EQ(outcome.calls, 2u);
  EXPECT_TRUE(sys_.finished());
}

class UdpReceiverTest : public UdpBatchTest {
 protected:
  void AwaitReadable(int fd) {
    pollfd waiting = {fd, POLLIN, 0};
    ASSERT_EQ(poll(&waiting, 1, 5000), 1);
  }
  PacketPool pool_;
  std::unique_ptr<UdpReceiver> receiver_ = std::make_unique<UdpReceiver>();
};

TEST_F(UdpReceiverTest, ReceivesABatchWithItsRunsAndEmptyDatagrams) {
  Fd listener = std::move(OpenUdpListener(sys_, Endpoint(IpAddress::V4(0, 0, 0, 0), 0)).value());
  to_ = Endpoint(kLoopback, LocalEndpoint(listener.get()).port());
  const std::vector<std::string> texts = {Filled(70, 'a'), Filled(70, 'b'), Filled(20, 'c'), "",
                                          Filled(5, 'd')};
  for (const auto& text : texts) ASSERT_TRUE(Add(text));
  Flush();
  std::vector<std::string> got;
  while (got.size() < texts.size()) {
    AwaitReadable(listener.get());
    ASSERT_TRUE(receiver_->Receive(sys_, listener.get(), pool_, UdpReceiver::kBatch).ok());
    for (const Received& received : receiver_->received()) {
      const auto* data = reinterpret_cast<const char*>(received.data);
      EXPECT_TRUE(received.has_local);
      EXPECT_EQ(received.local, kLoopback);
      EXPECT_EQ(Endpoint::FromSockaddr(reinterpret_cast<const sockaddr*>(received.from)),
                LocalEndpoint(source_.get()));
      const uint32_t segment = received.segment == 0 ? received.size : received.segment;
      uint32_t at = 0;
      do {
        const uint32_t size = std::min(segment, received.size - at);
        got.emplace_back(data + at, size);
        at += segment;
      } while (at < received.size);
    }
  }
  EXPECT_EQ(got, texts);
}

TEST_F(UdpReceiverTest, TakesNoMoreSlotsThanItFilled) {
  Fd relay = std::move(OpenUdpRelay(sys_, Endpoint(kLoopback, 0)).value());
  to_ = LocalEndpoint(relay.get());
  ASSERT_TRUE(Add("one"));
  ASSERT_TRUE(Add("three"));
  Flush();
  AwaitReadable(relay.get());
  const SysResult first = receiver_->Receive(sys_, relay.get(), pool_, 1);
  ASSERT_EQ(first.value, 1);
  EXPECT_EQ(pool_.available(), PacketPool::kSlots - 1);
  AwaitReadable(relay.get());
  ASSERT_EQ(receiver_->Receive(sys_, relay.get(), pool_, UdpReceiver::kBatch).value, 1);
  EXPECT_EQ(pool_.available(), PacketPool::kSlots - 2);
  const SysResult nothing = receiver_->Receive(sys_, relay.get(), pool_, UdpReceiver::kBatch);
  EXPECT_TRUE(nothing.would_block());
  EXPECT_TRUE(receiver_->received().empty());
  EXPECT_EQ(pool_.available(), PacketPool::kSlots - 2);
}

}  // namespace
}  // namespace culvert::net
