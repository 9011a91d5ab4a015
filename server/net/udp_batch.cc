#include "server/net/udp_batch.h"

#include <netinet/udp.h>

#include <algorithm>
#include <cstring>

namespace culvert::net {
namespace {

void ReadControl(msghdr& header, Received* out) {
  out->segment = 0;
  out->has_local = false;
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
      int segment = 0;
      std::memcpy(&segment, CMSG_DATA(c), sizeof segment);
      out->segment = static_cast<uint16_t>(segment);
    } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      uint8_t bytes[4];
      std::memcpy(bytes, &info.ipi_addr, sizeof bytes);
      out->local = IpAddress::FromBytes({bytes, 4});
      out->has_local = true;
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      out->local = IpAddress::FromBytes({info.ipi6_addr.s6_addr, 16});
      out->has_local = true;
    }
  }
}

cmsghdr* AppendControl(msghdr& header, cmsghdr* at, int level, int type, const void* value,
                       size_t size) {
  at->cmsg_level = level;
  at->cmsg_type = type;
  at->cmsg_len = CMSG_LEN(size);
  std::memcpy(CMSG_DATA(at), value, size);
  header.msg_controllen += CMSG_SPACE(size);
  return reinterpret_cast<cmsghdr*>(reinterpret_cast<uint8_t*>(at) + CMSG_SPACE(size));
}

cmsghdr* AppendSource(msghdr& header, cmsghdr* at, const IpAddress& local) {
  if (local.is_v4()) {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, local.bytes().data(), 4);
    return AppendControl(header, at, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
  }
  in6_pktinfo info{};
  std::memcpy(&info.ipi6_addr, local.bytes().data(), 16);
  return AppendControl(header, at, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
}

}  // namespace

SysResult UdpReceiver::Receive(Syscalls& sys, int fd, PacketPool& pool, unsigned limit) {
  const auto count = static_cast<unsigned>(std::min<size_t>({limit, kBatch, pool.available()}));
  for (unsigned i = 0; i < count; ++i) {
    pieces_[i] = {pool.Peek(i), PacketPool::kPayload};
    msghdr& header = messages_[i].msg_hdr;
    header.msg_name = &from_[i];
    header.msg_namelen = sizeof from_[i];
    header.msg_iov = &pieces_[i];
    header.msg_iovlen = 1;
    header.msg_control = control_[i].data();
    header.msg_controllen = kControlSize;
    header.msg_flags = 0;
  }
  count_ = 0;
  const SysResult result = sys.ReceiveBatch(fd, messages_.data(), count);
  if (!result.ok()) return result;
  count_ = static_cast<size_t>(result.value);
  for (size_t i = 0; i < count_; ++i) {
    Received& out = received_[i];
    out.data = static_cast<uint8_t*>(pieces_[i].iov_base);
    out.size = messages_[i].msg_len;
    out.from = &from_[i];
    ReadControl(messages_[i].msg_hdr, &out);
    if (out.segment >= out.size) out.segment = 0;
  }
  pool.Take(count_);
  return result;
}

bool UdpSender::Extend(Run& run, const Endpoint& to, const IpAddress* local, size_t size) const {
  // An empty datagram cannot be part of a run: UDP_SEGMENT would swallow it.
  return segmentation_ && !run.closed && size > 0 && run.segment > 0 && size <= run.segment &&
         run.datagrams < kMostSegments && run.bytes + size <= kMostRunBytes && run.to == to &&
         run.has_local == (local != nullptr) && (local == nullptr || run.local == *local);
}

bool UdpSender::Add(const Endpoint& to, const IpAddress* local, ByteView first, ByteView second) {
  if (piece_count_ + 2 > kPieces) return false;
  const size_t size = first.size() + second.size();
  Run* run = count_ > 0 ? &runs_[count_ - 1] : nullptr;
  if (run == nullptr || !Extend(*run, to, local, size)) {
    if (count_ == kMessages) return false;
    run = &runs_[count_++];
    *run = Run{to,
               local != nullptr ? *local : IpAddress(),
               local != nullptr,
               false,
               static_cast<uint16_t>(size),
               0,
               0,
               static_cast<uint32_t>(piece_count_),
               0};
  }
  run->closed = size < run->segment;
  ++run->datagrams;
  run->bytes += static_cast<uint32_t>(size);
  for (const ByteView piece : {first, second}) {
    if (piece.empty()) continue;
    pieces_[piece_count_++] = {const_cast<uint8_t*>(piece.data()), piece.size()};
    ++run->pieces;
  }
  return true;
}

void UdpSender::Prepare(size_t index) {
  const Run& run = runs_[index];
  msghdr& header = messages_[index].msg_hdr;
  header = {};
  header.msg_name = &names_[index];
  header.msg_namelen = run.to.ToSockaddr(&names_[index]);
  header.msg_iov = &pieces_[run.first_piece];
  header.msg_iovlen = run.pieces;
  if (!run.has_local && run.datagrams == 1) return;
  header.msg_control = control_[index].data();
  auto* at = reinterpret_cast<cmsghdr*>(control_[index].data());
  if (run.has_local) at = AppendSource(header, at, run.local);
  if (run.datagrams > 1)
    AppendControl(header, at, SOL_UDP, UDP_SEGMENT, &run.segment, sizeof run.segment);
}

UdpSender::Outcome UdpSender::Flush(Syscalls& sys, int fd) {
  Outcome outcome;
  for (size_t i = 0; i < count_; ++i) Prepare(i);
  size_t sent = 0;
  while (sent < count_) {
    const SysResult result =
        sys.SendBatch(fd, &messages_[sent], static_cast<unsigned>(count_ - sent));
    ++outcome.calls;
    if (result.ok()) {
      for (const size_t end = sent + static_cast<size_t>(result.value); sent < end; ++sent) {
        outcome.datagrams += runs_[sent].datagrams;
        outcome.bytes += runs_[sent].bytes;
        outcome.run_datagrams += runs_[sent].datagrams > 1 ? runs_[sent].datagrams : 0;
      }
      continue;
    }
    if (result.error == EINTR) continue;
    // An ICMP error about an earlier datagram is reported on whatever comes next; that one may
    // still go.
    const Run& run = runs_[sent];
    if (run.datagrams > 1 || result.error == ECONNREFUSED || result.error == EHOSTUNREACH ||
        result.error == ENETUNREACH) {
      // A run may be refused where its datagrams are not: wider than the path's MTU, or a device
      // without checksum offload.
      if (result.error == EIO || result.error == EOPNOTSUPP) segmentation_ = false;
      SendSingly(sys, fd, run, &outcome);
    } else {
      outcome.failed += run.datagrams;
    }
    ++sent;
  }
  count_ = piece_count_ = 0;
  return outcome;
}

void UdpSender::SendSingly(Syscalls& sys, int fd, const Run& run, Outcome* outcome) {
  sockaddr_storage name;
  mmsghdr message{};
  message.msg_hdr.msg_name = &name;
  message.msg_hdr.msg_namelen = run.to.ToSockaddr(&name);
  alignas(cmsghdr) std::array<uint8_t, 64> control;
  if (run.has_local) {
    message.msg_hdr.msg_control = control.data();
    AppendSource(message.msg_hdr, reinterpret_cast<cmsghdr*>(control.data()), run.local);
  }
  size_t piece = run.first_piece;
  const size_t end = run.first_piece + run.pieces;
  for (uint32_t i = 0; i < run.datagrams; ++i) {
    // The pieces of one datagram: as many as make up its size.
    size_t size = 0;
    message.msg_hdr.msg_iov = &pieces_[piece];
    message.msg_hdr.msg_iovlen = 0;
    const uint32_t wanted = i + 1 < run.datagrams ? run.segment : run.bytes - i * run.segment;
    while (piece < end && size < wanted) {
      size += pieces_[piece++].iov_len;
      ++message.msg_hdr.msg_iovlen;
    }
    const SysResult result = sys.SendBatch(fd, &message, 1);
    ++outcome->calls;
    if (result.ok()) {
      ++outcome->datagrams;
      outcome->bytes += size;
    } else {
      ++outcome->failed;
    }
  }
}

}  // namespace culvert::net
