// Datagrams in batches: many in with one recvmmsg, many out with one sendmmsg. Runs of equal size
// and target travel as one: UDP_GRO on the way in, UDP_SEGMENT on the way out.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <span>

#include "server/base/address.h"
#include "server/base/bytes.h"
#include "server/net/packet_pool.h"
#include "server/net/syscalls.h"

namespace culvert::net {

// What one receive brought: `size` bytes at `data` (in a pool slot, with headroom in front). When
// `segment` is not 0 they are a run of datagrams of that size, the last one possibly shorter.
struct Received {
  uint8_t* data;
  uint32_t size;
  uint16_t segment;
  bool has_local;
  sockaddr_storage* from;
  IpAddress local;  // the address it hit, for listeners (has_local)
};

class UdpReceiver {
 public:
  static constexpr unsigned kBatch = 64;

  // Receives up to `limit` (at most kBatch) messages into slots of `pool`, which it takes.
  // `received` has one entry for each; the result carries errno when nothing came. The entries live
  // until the next call.
  SysResult Receive(Syscalls& sys, int fd, PacketPool& pool, unsigned limit);
  std::span<const Received> received() const { return {received_.data(), count_}; }

 private:
  static constexpr size_t kControlSize = 128;
  std::array<mmsghdr, kBatch> messages_;
  std::array<iovec, kBatch> pieces_;
  std::array<sockaddr_storage, kBatch> from_;
  alignas(cmsghdr) std::array<std::array<uint8_t, kControlSize>, kBatch> control_;
  std::array<Received, kBatch> received_;
  size_t count_ = 0;
};

// Gathers datagrams for one socket and sends them. What is added must stay in place until Flush.
class UdpSender {
 public:
  static constexpr size_t kMessages = 64;
  static constexpr size_t kPieces = 1024;

  struct Outcome {
    uint64_t datagrams = 0;  // taken by the kernel
    uint64_t bytes = 0;
    uint64_t failed = 0;  // refused by the kernel
    uint64_t calls = 0;
    uint64_t run_datagrams = 0;  // of those, what left in runs of more than one
  };

  // Adds a datagram of up to two pieces. `local` is the source address to use on a listener bound
  // to a wildcard, or null. Returns false, adding nothing, when there is no room: Flush first.
  bool Add(const Endpoint& to, const IpAddress* local, ByteView first, ByteView second = {});
  bool empty() const { return count_ == 0; }
  // Sends everything to `fd` and forgets it, sent or not: a datagram that the kernel refuses is
  // lost, as on any network.
  Outcome Flush(Syscalls& sys, int fd);

  // Off for sockets or kernels that refuse UDP_SEGMENT; found out by Flush itself.
  bool segmentation() const { return segmentation_; }

 private:
  // Kernel limits of one UDP_SEGMENT send.
  static constexpr uint32_t kMostSegments = 64;
  static constexpr uint32_t kMostRunBytes = 65000;

  struct Run {
    Endpoint to;
    IpAddress local;
    bool has_local;
    bool closed;  // a shorter datagram ended it
    uint16_t segment;
    uint32_t datagrams;
    uint32_t bytes;
    uint32_t first_piece;
    uint32_t pieces;
  };

  bool Extend(Run& run, const Endpoint& to, const IpAddress* local, size_t size) const;
  void Prepare(size_t index);
  void SendSingly(Syscalls& sys, int fd, const Run& run, Outcome* outcome);

  std::array<Run, kMessages> runs_;
  std::array<iovec, kPieces> pieces_;
  std::array<mmsghdr, kMessages> messages_;
  std::array<sockaddr_storage, kMessages> names_;
  alignas(cmsghdr) std::array<std::array<uint8_t, 128>, kMessages> control_;
  size_t count_ = 0;
  size_t piece_count_ = 0;
  bool segmentation_ = true;
};

}  // namespace culvert::net
