// The system calls of a kernel that makes TLS records, for machines whose kernel does not: what is
// sent to a socket that was given keys leaves as real TLS records, made with the keys, sequence
// numbers and nonces that were given. So a real TLS client at the other end tells whether they were
// right. Everything else is the kernel's own.
//
// Like the kernel it may hold the end of a record that the socket had no room for; Settle gives
// that to the socket. May be used by many threads, each socket by one at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <vector>

#include "server/base/bytes.h"
#include "server/net/syscalls.h"

namespace culvert::testing {

class KernelTlsDouble final : public net::Syscalls {
 public:
  enum class Step : uint8_t { kAttach, kKeys };

  // Waits for the other end where it would hold a part of a record; for tests whose other end has a
  // thread of its own.
  void Wait() { waits_ = true; }
  // The next such step fails.
  void Refuse(Step step, int error);
  // The next send takes at most `most` bytes of plaintext; 0 is EAGAIN.
  void Limit(size_t most);
  // True when all of it is out.
  bool Settle(int fd);

  // Of the records that were made, all sockets together.
  struct Record {
    uint8_t type;
    size_t size;  // of the plaintext

    friend bool operator==(const Record&, const Record&) = default;
  };
  std::vector<Record> records() const;
  // setsockopt calls.
  int options_set() const { return options_set_; }

  net::SysResult SetOption(int fd, int level, int name, const void* value, socklen_t size) override;
  net::SysResult Send(int fd, const void* buffer, size_t size) override;
  net::SysResult SendVector(int fd, const iovec* pieces, size_t count) override;
  net::SysResult SendMessage(int fd, const msghdr& message) override;
  net::SysResult Splice(int from, int to, size_t size) override;

 private:
  struct Sender {
    uint64_t inode = 0;  // the number of a closed socket may become another's
    bool has_keys = false;
    uint16_t version = 0;
    uint16_t cipher = 0;
    std::vector<uint8_t> key;
    std::vector<uint8_t> salt;
    std::vector<uint8_t> iv;
    uint64_t sequence = 0;
    std::vector<uint8_t> held;  // of records, for the socket
  };

  // Null for a socket that has no keys.
  Sender* Find(int fd);
  net::SysResult Attach(int fd);
  net::SysResult TakeKeys(int fd, const void* value, socklen_t size);
  net::SysResult SendAs(int fd, Sender& sender, uint8_t type, const std::vector<uint8_t>& bytes);
  void MakeRecord(Sender& sender, uint8_t type, ByteView bytes);
  bool Push(int fd, Sender& sender);
  int TakeRefusal(Step step);
  size_t TakeLimit();

  mutable std::mutex mutex_;  // of all below, but not of a Sender's insides
  std::map<int, Sender> senders_;
  std::deque<int> refusals_[2];
  std::deque<size_t> limits_;
  std::vector<Record> records_;
  std::atomic<int> options_set_ = 0;
  std::atomic<bool> waits_ = false;
};

}  // namespace culvert::testing
