#include "tests/support/scripted_syscalls.h"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <algorithm>
#include <cstring>

namespace culvert::testing {
namespace {

ScriptedSyscalls::Sent Describe(const mmsghdr& message) {
  const msghdr& header = message.msg_hdr;
  ScriptedSyscalls::Sent sent;
  sent.to = Endpoint::FromSockaddr(static_cast<const sockaddr*>(header.msg_name));
  for (size_t i = 0; i < header.msg_iovlen; ++i) {
    const auto* from = static_cast<const uint8_t*>(header.msg_iov[i].iov_base);
    sent.bytes.insert(sent.bytes.end(), from, from + header.msg_iov[i].iov_len);
  }
  msghdr readable = header;
  for (cmsghdr* c = CMSG_FIRSTHDR(&readable); c != nullptr; c = CMSG_NXTHDR(&readable, c)) {
    if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_SEGMENT) {
      std::memcpy(&sent.segment, CMSG_DATA(c), sizeof sent.segment);
    }
  }
  return sent;
}

net::SysResult Failed(int error) {
  return {-1, error};
}

}  // namespace

bool ScriptedSyscalls::finished() const {
  return std::all_of(scripts_.begin(), scripts_.end(),
                     [](const std::deque<Step>& script) { return script.empty(); });
}

ScriptedSyscalls::Step ScriptedSyscalls::Next(Call call) {
  std::deque<Step>& script = ScriptOf(call);
  if (script.empty()) return {0, SIZE_MAX};
  const Step step = script.front();
  script.pop_front();
  return step;
}

net::SysResult ScriptedSyscalls::Receive(int fd, void* buffer, size_t size) {
  const Step step = Next(Call::kReceive);
  if (step.error != 0) return Failed(step.error);
  return Syscalls::Receive(fd, buffer, std::min(size, step.most));
}

net::SysResult ScriptedSyscalls::Send(int fd, const void* buffer, size_t size) {
  const Step step = Next(Call::kSend);
  if (step.error != 0) return Failed(step.error);
  return Syscalls::Send(fd, buffer, std::min(size, step.most));
}

net::SysResult ScriptedSyscalls::SendVector(int fd, const iovec* pieces, size_t count) {
  const Step step = Next(Call::kSend);
  if (step.error != 0) return Failed(step.error);
  std::vector<iovec> allowed;
  size_t left = step.most;
  for (size_t i = 0; i < count && left > 0; ++i) {
    allowed.push_back({pieces[i].iov_base, std::min(pieces[i].iov_len, left)});
    left -= allowed.back().iov_len;
  }
  return Syscalls::SendVector(fd, allowed.data(), allowed.size());
}

net::SysResult ScriptedSyscalls::ReceiveBatch(int fd, mmsghdr* messages, unsigned count) {
  const Step step = Next(Call::kReceiveBatch);
  if (step.error != 0) return Failed(step.error);
  return Syscalls::ReceiveBatch(fd, messages,
                                static_cast<unsigned>(std::min<size_t>(count, step.most)));
}

net::SysResult ScriptedSyscalls::SendBatch(int fd, mmsghdr* messages, unsigned count) {
  const Step step = Next(Call::kSendBatch);
  if (step.error != 0) return Failed(step.error);
  const auto allowed = static_cast<unsigned>(std::min<size_t>(count, step.most));
  const net::SysResult result = Syscalls::SendBatch(fd, messages, allowed);
  for (int64_t i = 0; i < result.value; ++i) sent_.push_back(Describe(messages[i]));
  return result;
}

}  // namespace culvert::testing
