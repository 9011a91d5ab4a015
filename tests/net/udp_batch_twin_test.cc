// Runs of datagrams (UDP_SEGMENT) against a twin that sends each one by itself: whatever the sender
// gathers, the network gets the same datagrams in the same order.

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/udp.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "server/net/udp_batch.h"

namespace culvert::net {
namespace {

struct Datagram {
  Endpoint to;
  std::optional<IpAddress> source;
  std::string bytes;
  friend bool operator==(const Datagram&, const Datagram&) = default;
};

std::ostream& operator<<(std::ostream& out, const Datagram& datagram) {
  return out << datagram.bytes.size() << " bytes to " << datagram.to.ToString() << " from "
             << (datagram.source ? datagram.source->ToString() : "any");
}

// The kernel's side of sendmmsg: cuts runs into datagrams as udp(7) says, and refuses what a test
// wants refused.
class Network final : public Syscalls {
 public:
  // Of UDP_SEGMENT sends: none, as from a device without checksums (EIO), or those wider than this
  // (EINVAL).
  bool runs = true;
  size_t widest_segment = SIZE_MAX;
  // Messages that one call takes, and what the next call reports of an earlier datagram.
  unsigned most = UINT_MAX;
  int pending_error = 0;

  SysResult SendBatch(int, mmsghdr* messages, unsigned count) override {
    if (pending_error != 0) return {-1, std::exchange(pending_error, 0)};
    const unsigned allowed = std::min(count, most);
    for (unsigned i = 0; i < allowed; ++i) {
      const int error = Take(messages[i].msg_hdr);
      // An error that is not the first message's is told by the next call.
      if (error != 0) return i > 0 ? SysResult{i, 0} : SysResult{-1, error};
    }
    return {allowed, 0};
  }

  std::vector<Datagram> Taken() { return std::exchange(taken_, {}); }
  size_t runs_taken() const { return runs_taken_; }

 private:
  int Take(const msghdr& header) {
    std::string bytes;
    for (size_t i = 0; i < header.msg_iovlen; ++i) {
      bytes.append(static_cast<const char*>(header.msg_iov[i].iov_base), header.msg_iov[i].iov_len);
    }
    Datagram datagram{
        Endpoint::FromSockaddr(static_cast<const sockaddr*>(header.msg_name)), {}, {}};
    uint16_t segment = 0;
    msghdr readable = header;
    for (cmsghdr* c = CMSG_FIRSTHDR(&readable); c != nullptr; c = CMSG_NXTHDR(&readable, c)) {
      ReadControl(c, &segment, &datagram.source);
    }
    if (header.msg_iovlen > 1024 || bytes.size() > 65507) return EMSGSIZE;
    if (segment == 0) {
      datagram.bytes = std::move(bytes);
      taken_.push_back(std::move(datagram));
      return 0;
    }
    if (!runs) return EIO;
    if (segment > widest_segment || bytes.size() > size_t{64} * segment) return EINVAL;
    ++runs_taken_;
    for (size_t at = 0; at < bytes.size(); at += segment) {
      datagram.bytes = bytes.substr(at, segment);
      taken_.push_back(datagram);
    }
    return 0;
  }

  static void ReadControl(cmsghdr* c, uint16_t* segment, std::optional<IpAddress>* source) {
    if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_SEGMENT) {
      std::memcpy(segment, CMSG_DATA(c), sizeof *segment);
    } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      uint8_t bytes[4];
      std::memcpy(bytes, &info.ipi_spec_dst, sizeof bytes);
      *source = IpAddress::FromBytes(bytes);
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      *source = IpAddress::FromBytes(info.ipi6_addr.s6_addr);
    }
  }

  std::vector<Datagram> taken_;
  size_t runs_taken_ = 0;
};

// Random datagrams that often suit the run before them: few targets and sizes, in streaks.
class Traffic {
 public:
  explicit Traffic(uint32_t seed) : random_(seed) {}

  uint32_t Pick(uint32_t count) { return static_cast<uint32_t>(random_() % count); }
  const Datagram& Next() {
    if (Pick(8) == 0) next_.to = targets_[Pick(static_cast<uint32_t>(targets_.size()))];
    if (Pick(30) == 0) next_.source = Source(next_.to.family());
    if (next_.source && next_.source->family() != next_.to.family()) next_.source.reset();
    if (Pick(6) == 0) size_ = sizes_[Pick(static_cast<uint32_t>(sizes_.size()))];
    // Ends a run now and then, or is one byte too long for it.
    const size_t size = Pick(12) == 0 ? Pick(static_cast<uint32_t>(size_) + 2) : size_;
    next_.bytes = std::to_string(++number_);
    next_.bytes.resize(size, '.');
    return next_;
  }

 private:
  std::optional<IpAddress> Source(Family family) {
    const uint32_t any = Pick(3);
    if (any == 2) return std::nullopt;
    const auto host = static_cast<uint8_t>(any + 1);
    return family == Family::kIPv4 ? IpAddress::V4(192, 0, 2, host)
                                   : *IpAddress::Parse("2001:db8::" + std::to_string(host));
  }

  std::mt19937 random_;
  const std::vector<Endpoint> targets_ = {
      *Endpoint::Parse("198.51.100.1:1000"), *Endpoint::Parse("198.51.100.1:1001"),
      *Endpoint::Parse("198.51.100.2:1000"), *Endpoint::Parse("[2001:db8:1::1]:1000"),
      *Endpoint::Parse("[2001:db8:1::2]:1000")};
  const std::vector<size_t> sizes_ = {0, 1, 20, 160, 172, 1200, 1460, 9000, 65507};
  Datagram next_{targets_[0], {}, {}};
  size_t size_ = 160;
  uint64_t number_ = 0;
};

class UdpBatchTwinTest : public ::testing::Test {
 protected:
  // What was given to the sender and not flushed yet. Its bytes stay in place, in two pieces.
  struct Given {
    std::vector<std::unique_ptr<std::string>> bytes;
    std::vector<Datagram> datagrams;
  };

  void Give(const Datagram& datagram) {
    auto bytes = std::make_unique<std::string>(datagram.bytes);
    const ByteView all = AsBytes(*bytes);
    const size_t cut =
        traffic_.Pick(3) == 0 ? traffic_.Pick(static_cast<uint32_t>(all.size() + 1)) : all.size();
    const IpAddress* const source = datagram.source ? &*datagram.source : nullptr;
    if (!sender_->Add(datagram.to, source, all.first(cut), all.subspan(cut))) {
      Flush();
      ASSERT_TRUE(sender_->Add(datagram.to, source, all.first(cut), all.subspan(cut)));
    }
    given_.bytes.push_back(std::move(bytes));
    given_.datagrams.push_back(datagram);
  }

  // The twin: each datagram by itself, in order.
  void Flush() {
    const auto outcome = sender_->Flush(network_, -1);
    ASSERT_EQ(network_.Taken(), given_.datagrams);
    uint64_t bytes = 0;
    for (const Datagram& datagram : given_.datagrams) bytes += datagram.bytes.size();
    ASSERT_EQ(outcome.datagrams, given_.datagrams.size());
    ASSERT_EQ(outcome.bytes, bytes);
    ASSERT_EQ(outcome.failed, 0u);
    given_ = {};
  }

  void Run(int datagrams, const std::function<void()>& before_flush) {
    for (int i = 0; i < datagrams; ++i) {
      SCOPED_TRACE(i);
      ASSERT_NO_FATAL_FAILURE(Give(traffic_.Next()));
      if (traffic_.Pick(60) != 0) continue;
      before_flush();
      ASSERT_NO_FATAL_FAILURE(Flush());
    }
  }

  Traffic traffic_{20260716};
  Network network_;
  std::unique_ptr<UdpSender> sender_ = std::make_unique<UdpSender>();
  Given given_;
};

TEST_F(UdpBatchTwinTest, RunsDeliverWhatSingleDatagramsWould) {
  Run(6000, [] {});
  EXPECT_GT(network_.runs_taken(), 200u);
}

TEST_F(UdpBatchTwinTest, CallsThatTakeAFewMessagesLoseNone) {
  Run(3000, [this] { network_.most = 1 + traffic_.Pick(4); });
}

// Paths that are narrower than a run's datagrams: those go singly, the rest in runs.
TEST_F(UdpBatchTwinTest, RefusedRunsDeliverWhatSingleDatagramsWould) {
  network_.widest_segment = 1250;
  Run(4000, [] {});
  EXPECT_GT(network_.runs_taken(), 100u);
  EXPECT_TRUE(sender_->segmentation());
}

TEST_F(UdpBatchTwinTest, WithoutSegmentationNothingChanges) {
  network_.runs = false;
  Run(4000, [] {});
  EXPECT_EQ(network_.runs_taken(), 0u);
  EXPECT_FALSE(sender_->segmentation());
}

// ICMP errors about earlier datagrams, reported on whatever comes next, run or not.
TEST_F(UdpBatchTwinTest, ErrorsOfEarlierDatagramsCostNone) {
  int errors = 0;
  Run(4000, [this, &errors] {
    if (traffic_.Pick(2) == 0) return;
    network_.pending_error = std::vector{ECONNREFUSED, EHOSTUNREACH, ENETUNREACH}[traffic_.Pick(3)];
    ++errors;
  });
  EXPECT_GT(errors, 10);
}

}  // namespace
}  // namespace culvert::net
