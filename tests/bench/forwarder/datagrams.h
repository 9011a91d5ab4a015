// Datagrams in bulk: coalesced ones come with one recvmmsg(), runs of equal ones leave as
// UDP_SEGMENT sends, gathered from where they lie.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <vector>

#include "server/base/bytes.h"

namespace culvert::bench {

class DatagramReader {
 public:
  DatagramReader();

  // One recvmmsg(). Hands over each datagram and where it came from; both stay valid until the next
  // call.
  template <typename Take>
  void Receive(int fd, Take take) {
    const size_t count = ReceiveMessages(fd);
    for (size_t i = 0; i < count; ++i) {
      ByteView bytes(room_.data() + i * kSlot, headers_[i].msg_len);
      const size_t segment = TakeSegmentSize(i);
      for (; !bytes.empty(); bytes = bytes.subspan(std::min(segment, bytes.size())))
        take(sources_[i], bytes.first(std::min(segment, bytes.size())));
    }
  }

 private:
  static constexpr size_t kMessages = 32;
  // A coalesced message, and some lines of cache, lest all slots begin in the same place of it.
  static constexpr size_t kSlot = 65536 + 5 * 64;
  static constexpr size_t kControlRoom = 64;

  size_t ReceiveMessages(int fd);
  // Of a message that was received; makes its header ready for the next.
  size_t TakeSegmentSize(size_t index);

  std::vector<uint8_t> room_;
  std::array<mmsghdr, kMessages> headers_{};
  std::array<iovec, kMessages> pieces_{};
  std::array<sockaddr_in, kMessages> sources_{};
  std::array<std::array<uint8_t, kControlRoom>, kMessages> controls_{};
};

class DatagramSender {
 public:
  DatagramSender();

  // One more datagram to send; the bytes must stay until Send().
  void Add(ByteView bytes);
  // All that was added, in as few sends and system calls as it takes, to `to` or, when that is
  // null, to where the socket is connected.
  void Send(int fd, const sockaddr_in* to);

 private:
  struct Run {
    size_t first, count, segment, bytes;
  };
  bool Fits(const Run& run, size_t size) const;

  std::vector<iovec> pieces_;
  std::vector<Run> runs_;
  std::vector<mmsghdr> headers_;
  std::vector<std::array<uint8_t, CMSG_SPACE(sizeof(uint16_t))>> controls_;
};

// UDP, not blocking, with large buffers and UDP_GRO, bound to `address`; -1 and errno on failure.
int OpenUdp(const sockaddr_in& address);

}  // namespace culvert::bench
