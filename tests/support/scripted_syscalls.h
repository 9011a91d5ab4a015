// System calls that fail, or do less than asked, where a test wants it; otherwise the kernel's own.
//
//     ScriptedSyscalls sys;
//     sys.Fail(ScriptedSyscalls::Call::kSend, EAGAIN);   // the next send
//     sys.Limit(ScriptedSyscalls::Call::kSend, 3);       // the one after it takes three bytes
//
// Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "server/base/address.h"
#include "server/net/syscalls.h"

namespace culvert::testing {

class ScriptedSyscalls final : public net::Syscalls {
 public:
  enum class Call : uint8_t {
    kReceive,
    kSend,
    kReceiveBatch,
    kSendBatch
  };  // kSend: SendVector too

  // The next unscripted occurrence of `call` fails with `error`, without reaching the kernel.
  void Fail(Call call, int error) { ScriptOf(call).push_back({error, 0}); }
  // It takes or gives at most `most` bytes; batches: messages.
  void Limit(Call call, size_t most) { ScriptOf(call).push_back({0, most}); }
  // It is left alone.
  void Pass(Call call) { ScriptOf(call).push_back({0, SIZE_MAX}); }
  bool finished() const;

  // A message that SendBatch gave to the kernel. `segment`: of UDP_SEGMENT, 0 without.
  struct Sent {
    Endpoint to;
    std::vector<uint8_t> bytes;
    uint16_t segment = 0;
  };
  const std::vector<Sent>& sent() const { return sent_; }

  net::SysResult Receive(int fd, void* buffer, size_t size) override;
  net::SysResult Send(int fd, const void* buffer, size_t size) override;
  net::SysResult SendVector(int fd, const iovec* pieces, size_t count) override;
  net::SysResult ReceiveBatch(int fd, mmsghdr* messages, unsigned count) override;
  net::SysResult SendBatch(int fd, mmsghdr* messages, unsigned count) override;

 private:
  struct Step {
    int error;
    size_t most;
  };
  std::deque<Step>& ScriptOf(Call call) { return scripts_[static_cast<size_t>(call)]; }
  // What the next `call` is to do.
  Step Next(Call call);

  std::array<std::deque<Step>, 4> scripts_;
  std::vector<Sent> sent_;
};

}  // namespace culvert::testing
