// Trains of datagrams over connected UDP sockets: many equal ones leave with one system call, and
// whatever waits comes with few. One instance serves all sockets of the thread.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <vector>

#include "server/base/bytes.h"

namespace culvert::bench {

// Most datagrams of one train: what UDP_SEGMENT allows (UDP_MAX_SEGMENTS of Linux up to 6.8).
inline constexpr size_t kLongestTrain = 64;

class UdpTrain {
 public:
  struct Settings {
    bool gso = true;
    bool gro = false;
  };
  explicit UdpTrain(const Settings& settings);

  // Room for `count` datagrams of `size` bytes each, one behind the other, to be filled before
  // Send(). REQUIRES: count <= kLongestTrain, size <= 1500.
  uint8_t* Room(size_t count, size_t size);
  // Sends what Room() was filled with. A datagram that the kernel refuses is lost like any other.
  void Send(int fd);

  // Hands each waiting datagram to `take`; leaves the rest to the next turn after a fair share.
  template <typename Take>
  void Receive(int fd, Take take) {
    for (int turn = 0; turn < kTurnsPerSocket; ++turn) {
      const size_t count = ReceiveBatch(fd);
      for (size_t i = 0; i < count; ++i) Cut(i, take);
      if (count < headers_.size()) return;
    }
  }

 private:
  static constexpr int kTurnsPerSocket = 4;
  static constexpr size_t kControlRoom = 64;

  size_t ReceiveBatch(int fd);
  // The size of the datagrams in message `index`: all of it unless it was coalesced.
  size_t SegmentSize(size_t index) const;

  template <typename Take>
  void Cut(size_t index, Take& take) {
    const size_t segment = SegmentSize(index);
    ByteView bytes(room_.data() + index * slot_size_, headers_[index].msg_len);
    while (!bytes.empty()) {
      const size_t size = bytes.size() < segment ? bytes.size() : segment;
      take(bytes.first(size));
      bytes = bytes.subspan(size);
    }
  }

  void SendEach(int fd);

  const Settings settings_;
  const size_t slot_size_;
  std::vector<uint8_t> outgoing_;
  size_t out_count_ = 0;
  size_t out_size_ = 0;
  std::vector<uint8_t> room_;  // headers_.size() slots of slot_size_
  std::vector<mmsghdr> headers_;
  std::vector<iovec> pieces_;
  std::vector<std::array<uint8_t, kControlRoom>> controls_;
};

// A UDP socket on 127.0.0.1 or ::1 with large buffers, as `gro` says, not connected; -1 and errno
// on failure.
int OpenLoopbackUdp(int family, bool gro);
// Large buffers and coalescing for a socket that somebody else opened.
void PrepareUdp(int fd, bool gro);

}  // namespace culvert::bench
