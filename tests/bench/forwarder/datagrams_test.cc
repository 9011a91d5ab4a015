#include "tests/bench/forwarder/datagrams.h"

#include <gtest/gtest.h>
#include <poll.h>

#include "server/net/fd.h"

namespace culvert::bench {
namespace {

using net::Fd;

sockaddr_in AddressOf(const Fd& fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return address;
}

Fd OpenOnLoopback() {
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return Fd(OpenUdp(any));
}

// Sends datagrams of these sizes, each filled with its number, all at once; what arrives.
std::vector<std::vector<uint8_t>> SendAndReceive(const std::vector<size_t>& sizes) {
  const Fd from = OpenOnLoopback(), to = OpenOnLoopback();
  std::vector<std::vector<uint8_t>> sent;
  for (const size_t size : sizes) sent.emplace_back(size, static_cast<uint8_t>(sent.size()));
  DatagramSender sender;
  for (const auto& datagram : sent) sender.Add(datagram);
  const sockaddr_in address = AddressOf(to), source = AddressOf(from);
  sender.Send(from.get(), &address);

  DatagramReader reader;
  std::vector<std::vector<uint8_t>> arrived;
  pollfd waiting = {to.get(), POLLIN, 0};
  while (arrived.size() < sizes.size() && poll(&waiting, 1, 5000) > 0) {
    reader.Receive(to.get(), [&](const sockaddr_in& where, ByteView datagram) {
      EXPECT_EQ(where.sin_port, source.sin_port);
      arrived.emplace_back(datagram.begin(), datagram.end());
    });
  }
  EXPECT_EQ(arrived, sent);
  return arrived;
}

TEST(DatagramsTest, OneDatagramArrivesAsItIs) {
  SendAndReceive({160});
}

TEST(DatagramsTest, ARunLongerThanASegmentedSendArrivesWhole) {
  SendAndReceive(std::vector<size_t>(150, 160));
}

TEST(DatagramsTest, LargeDatagramsDoNotOverflowASend) {
  SendAndReceive(std::vector<size_t>(100, 1400));
}

TEST(DatagramsTest, RunsOfDifferentSizesKeepTheirBordersAndOrder) {
  SendAndReceive({160, 160, 160, 40, 160, 200, 200, 1, 1200, 1200});
}

TEST(DatagramsTest, AReaderIsGoodForCoalescedAndPlainDatagramsInTurns) {
  const Fd from = OpenOnLoopback(), to = OpenOnLoopback();
  const sockaddr_in address = AddressOf(to);
  const std::vector<uint8_t> bytes(100, 7);
  DatagramSender sender;
  DatagramReader reader;
  for (const size_t count : {size_t{10}, size_t{1}, size_t{10}, size_t{1}}) {
    for (size_t i = 0; i < count; ++i) sender.Add(bytes);
    sender.Send(from.get(), &address);
    size_t arrived = 0;
    pollfd waiting = {to.get(), POLLIN, 0};
    while (arrived < count && poll(&waiting, 1, 5000) > 0) {
      reader.Receive(to.get(), [&](const sockaddr_in&, ByteView datagram) {
        EXPECT_EQ(datagram.size(), bytes.size());
        ++arrived;
      });
    }
    EXPECT_EQ(arrived, count);
  }
}

}  // namespace
}  // namespace culvert::bench
