#include "tests/bench/udp_train.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace culvert::bench {
namespace {

constexpr size_t kPlainSlot = 2048;
constexpr size_t kCoalescedSlot = 65536;
constexpr size_t kPlainSlots = 64;
constexpr size_t kCoalescedSlots = 16;
// IPv4's largest datagram; a segmented send is one until it is cut.
constexpr size_t kLargestSend = 65507;
// A window of the largest packets of one session fits; less would make the receiver the bottleneck.
constexpr int kSocketBuffer = 4 << 20;

}  // namespace

UdpTrain::UdpTrain(const Settings& settings)
    : settings_(settings),
      slot_size_(settings.gro ? kCoalescedSlot : kPlainSlot),
      outgoing_(kLongestTrain * kPlainSlot),
      headers_(settings.gro ? kCoalescedSlots : kPlainSlots) {
  room_.resize(headers_.size() * slot_size_);
  pieces_.resize(headers_.size());
  controls_.resize(headers_.size());
  for (size_t i = 0; i < headers_.size(); ++i) {
    pieces_[i] = {room_.data() + i * slot_size_, slot_size_};
    headers_[i] = {};
    headers_[i].msg_hdr.msg_iov = &pieces_[i];
    headers_[i].msg_hdr.msg_iovlen = 1;
  }
}

uint8_t* UdpTrain::Room(size_t count, size_t size) {
  out_count_ = count;
  out_size_ = size;
  return outgoing_.data();
}

void UdpTrain::Send(int fd) {
  if (!settings_.gso || out_count_ == 1) return SendEach(fd);
  const size_t per_send = std::min(kLongestTrain, kLargestSend / out_size_);
  const uint8_t* const begin = outgoing_.data();
  for (size_t done = 0; done < out_count_; done += per_send) {
    const size_t count = std::min(per_send, out_count_ - done);
    iovec piece = {const_cast<uint8_t*>(begin) + done * out_size_, count * out_size_};
    alignas(cmsghdr) uint8_t control[CMSG_SPACE(sizeof(uint16_t))] = {};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* const segment = CMSG_FIRSTHDR(&message);
    segment->cmsg_level = SOL_UDP;
    segment->cmsg_type = UDP_SEGMENT;
    segment->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    const auto size = static_cast<uint16_t>(out_size_);
    std::memcpy(CMSG_DATA(segment), &size, sizeof size);
    sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  }
}

void UdpTrain::SendEach(int fd) {
  std::array<mmsghdr, kLongestTrain> headers{};
  std::array<iovec, kLongestTrain> pieces;
  for (size_t i = 0; i < out_count_; ++i) {
    pieces[i] = {outgoing_.data() + i * out_size_, out_size_};
    headers[i].msg_hdr.msg_iov = &pieces[i];
    headers[i].msg_hdr.msg_iovlen = 1;
  }
  for (size_t done = 0; done < out_count_;) {
    const int sent = sendmmsg(fd, headers.data() + done, static_cast<unsigned>(out_count_ - done),
                              MSG_DONTWAIT | MSG_NOSIGNAL);
    done += sent > 0 ? static_cast<size_t>(sent) : 1;  // the refused one is passed over
  }
}

size_t UdpTrain::ReceiveBatch(int fd) {
  if (settings_.gro) {
    for (size_t i = 0; i < headers_.size(); ++i) {
      headers_[i].msg_hdr.msg_control = controls_[i].data();
      headers_[i].msg_hdr.msg_controllen = kControlRoom;
    }
  }
  const int count =
      recvmmsg(fd, headers_.data(), static_cast<unsigned>(headers_.size()), MSG_DONTWAIT, nullptr);
  return count > 0 ? static_cast<size_t>(count) : 0;
}

size_t UdpTrain::SegmentSize(size_t index) const {
  const size_t whole = headers_[index].msg_len;
  if (!settings_.gro) return whole;
  auto* const message = const_cast<msghdr*>(&headers_[index].msg_hdr);
  for (cmsghdr* each = CMSG_FIRSTHDR(message); each != nullptr; each = CMSG_NXTHDR(message, each)) {
    if (each->cmsg_level != SOL_UDP || each->cmsg_type != UDP_GRO) continue;
    int size = 0;
    std::memcpy(&size, CMSG_DATA(each), sizeof size);
    return size > 0 ? static_cast<size_t>(size) : whole;
  }
  return whole;
}

int OpenLoopbackUdp(int family, bool gro) {
  const int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fd;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  const bool is_v4 = family == AF_INET;
  const auto* address = is_v4 ? reinterpret_cast<sockaddr*>(&v4) : reinterpret_cast<sockaddr*>(&v6);
  if (bind(fd, address, is_v4 ? sizeof v4 : sizeof v6) < 0) {
    close(fd);
    return -1;
  }
  PrepareUdp(fd, gro);
  return fd;
}

void PrepareUdp(int fd, bool gro) {
  // Beyond net.core.rmem_max where that is allowed; else as far as it goes.
  for (const int option : {SO_RCVBUF, SO_RCVBUFFORCE, SO_SNDBUF, SO_SNDBUFFORCE})
    setsockopt(fd, SOL_SOCKET, option, &kSocketBuffer, sizeof kSocketBuffer);
  const int on = 1;
  if (gro) setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on);
}

}  // namespace culvert::bench
