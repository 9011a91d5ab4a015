// The UDP media of culvert-forwarder on io_uring: multishot receives into buffers that the ring
// hands out, sends gathered over all sockets, one system call a turn. What it takes beside the
// epoll forwarder is what io_uring would change for a relay.
#pragma once

#include <liburing.h>
#include <netinet/in.h>

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "server/base/bytes.h"
#include "server/net/fd.h"

namespace culvert::bench {

class RingMedia {
 public:
  // `front`: the bound socket of the clients.
  explicit RingMedia(net::Fd front);
  ~RingMedia();
  RingMedia(const RingMedia&) = delete;
  RingMedia& operator=(const RingMedia&) = delete;

  // False, and errno, where the kernel has no such ring.
  bool valid() const { return valid_; }
  [[noreturn]] void RunForever();

 private:
  static constexpr unsigned kEntries = 4096;
  static constexpr unsigned kBuffers = 1024;  // a power of two
  static constexpr size_t kBufferSize = 2048;
  static constexpr int kGroup = 0;
  // In front of what is received, for the header that is written there.
  static constexpr size_t kHeadroom = 16;

  struct Path {
    sockaddr_in client;
    net::Fd relay;
  };
  // What a send refers to until it was submitted.
  struct Sending {
    msghdr message;
    iovec piece;
  };

  io_uring_sqe* Next();
  void ReceiveFront();
  void ReceiveRelay(Path* path);
  void Handle(const io_uring_cqe& done);
  void FromClient(const io_uring_cqe& done, uint16_t buffer);
  void FromPeer(Path* path, size_t size, uint16_t buffer);
  void Greet(const sockaddr_in& from, ByteView hello);
  uint8_t* Buffer(uint16_t index) { return memory_.get() + index * kBufferSize; }
  // Gives back to the ring what was received in the turn that is over.
  void ReturnBuffers();

  net::Fd front_;
  bool valid_ = false;
  io_uring ring_{};
  io_uring_buf_ring* buffers_ = nullptr;
  std::unique_ptr<uint8_t[]> memory_;
  std::vector<Sending> sendings_;  // by buffer
  std::vector<uint16_t> used_;
  msghdr front_shape_{};
  std::unordered_map<uint64_t, std::unique_ptr<Path>> paths_;  // by client's address and port
};

}  // namespace culvert::bench
