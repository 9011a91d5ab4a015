#include "tests/bench/forwarder/datagrams.h"

#include <netinet/udp.h>
#include <unistd.h>

#include <cstring>

namespace culvert::bench {
namespace {

// What UDP_SEGMENT takes: segments of one send (Linux up to 6.8), bytes of an IPv4 datagram.
constexpr size_t kMostSegments = 64;
constexpr size_t kMostBytes = 65507;
constexpr int kSocketBuffer = 4 << 20;

}  // namespace

DatagramReader::DatagramReader() : room_(kMessages * kSlot) {
  for (size_t i = 0; i < kMessages; ++i) {
    pieces_[i] = {room_.data() + i * kSlot, kSlot};
    headers_[i].msg_hdr.msg_iov = &pieces_[i];
    headers_[i].msg_hdr.msg_iovlen = 1;
    headers_[i].msg_hdr.msg_name = &sources_[i];
    headers_[i].msg_hdr.msg_namelen = sizeof sources_[i];
    headers_[i].msg_hdr.msg_control = controls_[i].data();
    headers_[i].msg_hdr.msg_controllen = kControlRoom;
  }
}

size_t DatagramReader::ReceiveMessages(int fd) {
  const int count = recvmmsg(fd, headers_.data(), kMessages, MSG_DONTWAIT, nullptr);
  return count > 0 ? static_cast<size_t>(count) : 0;
}

size_t DatagramReader::TakeSegmentSize(size_t index) {
  msghdr* const message = &headers_[index].msg_hdr;
  size_t size = headers_[index].msg_len;
  const cmsghdr* const control = CMSG_FIRSTHDR(message);
  if (control != nullptr && control->cmsg_level == SOL_UDP && control->cmsg_type == UDP_GRO) {
    int segment = 0;
    std::memcpy(&segment, CMSG_DATA(control), sizeof segment);
    if (segment > 0) size = static_cast<size_t>(segment);
  }
  message->msg_controllen = kControlRoom;  // the kernel wrote what it used
  return size;
}

DatagramSender::DatagramSender() {
  pieces_.reserve(4096);
}

bool DatagramSender::Fits(const Run& run, size_t size) const {
  const bool open = run.count * run.segment == run.bytes;  // no shorter one has ended it
  return open && size <= run.segment && run.count < kMostSegments && run.bytes + size <= kMostBytes;
}

void DatagramSender::Add(ByteView bytes) {
  if (runs_.empty() || !Fits(runs_.back(), bytes.size()))
    runs_.push_back({pieces_.size(), 0, bytes.size(), 0});
  ++runs_.back().count;
  runs_.back().bytes += bytes.size();
  pieces_.push_back({const_cast<uint8_t*>(bytes.data()), bytes.size()});
}

void DatagramSender::Send(int fd, const sockaddr_in* to) {
  headers_.assign(runs_.size(), {});
  controls_.resize(runs_.size());
  for (size_t i = 0; i < runs_.size(); ++i) {
    msghdr& message = headers_[i].msg_hdr;
    message.msg_iov = &pieces_[runs_[i].first];
    message.msg_iovlen = runs_[i].count;
    message.msg_name = const_cast<sockaddr_in*>(to);
    message.msg_namelen = to == nullptr ? 0 : sizeof *to;
    if (runs_[i].count == 1) continue;
    message.msg_control = controls_[i].data();
    message.msg_controllen = controls_[i].size();
    cmsghdr* const control = CMSG_FIRSTHDR(&message);
    control->cmsg_level = SOL_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    const auto segment = static_cast<uint16_t>(runs_[i].segment);
    std::memcpy(CMSG_DATA(control), &segment, sizeof segment);
  }
  for (size_t done = 0; done < headers_.size();) {
    const int sent =
        headers_.size() == 1
            ? (sendmsg(fd, &headers_[0].msg_hdr, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? 0 : 1)
            : sendmmsg(fd, &headers_[done], static_cast<unsigned>(headers_.size() - done),
                       MSG_DONTWAIT | MSG_NOSIGNAL);
    done += sent > 0 ? static_cast<size_t>(sent) : 1;  // the refused one is lost
  }
  pieces_.clear();
  runs_.clear();
}

int OpenUdp(const sockaddr_in& address) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
    close(fd);
    return -1;
  }
  for (const int option : {SO_RCVBUF, SO_RCVBUFFORCE, SO_SNDBUF, SO_SNDBUFFORCE})
    setsockopt(fd, SOL_SOCKET, option, &kSocketBuffer, sizeof kSocketBuffer);
  const int on = 1;
  setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on);
  return fd;
}

}  // namespace culvert::bench
