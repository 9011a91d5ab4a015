// System calls that move nothing: what is sent is swallowed, what is received was put there. So a
// benchmark sees the relay's own work and not the kernel's.
#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
#include <string>
#include <utility>

#include "server/net/syscalls.h"

namespace culvert::testing {

class MemoryWire final : public net::Syscalls {
 public:
  // One receive's worth.
  void Put(std::string bytes) { incoming_.push_back(std::move(bytes)); }
  // Keeps what is sent until it is taken. Off, nothing is kept.
  void Keep(bool on) { keep_ = on; }
  std::string TakeSent() { return std::exchange(sent_, {}); }

  net::SysResult Receive(int, void* buffer, size_t size) override {
    if (incoming_.empty()) return {-1, EAGAIN};
    const std::string& first = incoming_.front();
    const size_t n = std::min(size, first.size());
    std::memcpy(buffer, first.data(), n);
    incoming_.pop_front();
    return {static_cast<int64_t>(n), 0};
  }
  net::SysResult Send(int, const void* buffer, size_t size) override {
    if (keep_) sent_.append(static_cast<const char*>(buffer), size);
    return {static_cast<int64_t>(size), 0};
  }
  net::SysResult SendVector(int fd, const iovec* pieces, size_t count) override {
    int64_t total = 0;
    for (size_t i = 0; i < count; ++i)
      total += Send(fd, pieces[i].iov_base, pieces[i].iov_len).value;
    return {total, 0};
  }
  net::SysResult SendBatch(int, mmsghdr*, unsigned count) override { return {count, 0}; }

 private:
  std::deque<std::string> incoming_;
  std::string sent_;
  bool keep_ = false;
};

}  // namespace culvert::testing
