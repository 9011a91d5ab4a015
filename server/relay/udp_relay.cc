#include "server/relay/udp_relay.h"

#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "server/net/socket.h"
#include "server/relay/client_session.h"
#include "server/relay/worker.h"

namespace culvert::relay {
namespace {

// A few errors per wake-up are enough to tell a client; a flood of them must not hold up media.
constexpr int kErrorsPerTurn = 16;

// RFC 8656 section 11.5: which ICMP messages are passed on.
bool IsRelayed(const sock_extended_err& error) {
  if (error.ee_origin == SO_EE_ORIGIN_ICMP) {
    return error.ee_type == ICMP_DEST_UNREACH || error.ee_type == ICMP_TIME_EXCEEDED;
  }
  return error.ee_origin == SO_EE_ORIGIN_ICMP6 &&
         (error.ee_type == ICMP6_DST_UNREACH || error.ee_type == ICMP6_PACKET_TOO_BIG ||
          error.ee_type == ICMP6_TIME_EXCEEDED);
}

// RFC 8656 section 18.13: the next hop's MTU for the two messages that have one, else 0.
uint32_t ErrorData(const sock_extended_err& error) {
  const bool has_mtu = error.ee_origin == SO_EE_ORIGIN_ICMP
                           ? error.ee_type == ICMP_DEST_UNREACH && error.ee_code == ICMP_FRAG_NEEDED
                           : error.ee_type == ICMP6_PACKET_TOO_BIG;
  return has_mtu ? error.ee_info : 0;
}

}  // namespace

UdpRelay::UdpRelay(Worker& worker, ClientSession& session, net::Fd socket, const Endpoint& local)
    : worker_(worker),
      session_(session),
      transport_(session.transport()),
      socket_(std::move(socket)),
      local_(local) {
  watch_.Start(worker.loop(), socket_.get(), this, true, false);
  worker_.counters().peer_sockets_open.Up();
}

UdpRelay::~UdpRelay() {
  worker_.output().Forget(*this);
  watch_.Stop();
  socket_.Close();
  worker_.ports().Release(local_.ip(), stun::kTransportUdp, local_.port());
  worker_.counters().peer_sockets_open.Down();
}

void UdpRelay::CountSentToPeers(const net::UdpSender::Outcome& outcome) {
  auto& flow = worker_.counters().udp_relayed[transport_].client_to_peer;
  flow.sent.packets.Add(outcome.datagrams);
  flow.sent.bytes.Add(outcome.bytes);
  if (outcome.failed > 0) {
    worker_.counters().drops[turn::Drop::kSendFailed].Add(outcome.failed);
  }
}

void UdpRelay::SendUnfragmented(const Endpoint& peer, ByteView data) {
  worker_.output().FlushPeers();
  net::SetDontFragment(fd(), local_.family(), true);
  worker_.output().ToPeer(*this, peer, data);
  worker_.output().FlushPeers();
  net::SetDontFragment(fd(), local_.family(), false);
}

void UdpRelay::OnReady(unsigned) {
  net::UdpReceiver& receiver = worker_.receiver();
  const net::SysResult result =
      receiver.Receive(worker_.sys(), fd(), worker_.output().PoolForReceive(), expected_);
  auto& counters = worker_.counters();
  counters.recvmmsg_calls.Add();
  if (!result.ok()) {
    // Ready, but nothing to read: an error is queued.
    ReadErrors();
    return;
  }
  const auto count = static_cast<size_t>(result.value);
  counters.recvmmsg_packets.Add(count);
  expected_ = static_cast<uint8_t>(count == expected_
                                       ? std::min<size_t>(net::UdpReceiver::kBatch, count * 4)
                                       : std::max<size_t>(1, count));
  for (const net::Received& received : receiver.received()) Deliver(received);
}

void UdpRelay::Deliver(const net::Received& received) {
  const PeerAddress peer(Endpoint::FromSockaddr(reinterpret_cast<const sockaddr*>(received.from)));
  if (received.segment == 0) {
    session_.FromPeer(local_.family(), peer, {received.data, received.size}, /*headroom=*/true);
    return;
  }
  for (uint32_t at = 0; at < received.size; at += received.segment) {
    const uint32_t size = std::min<uint32_t>(received.segment, received.size - at);
    session_.FromPeer(local_.family(), peer, {received.data + at, size}, /*headroom=*/false);
  }
}

void UdpRelay::ReadErrors() {
  for (int i = 0; i < kErrorsPerTurn; ++i) {
    sockaddr_storage destination{};
    alignas(cmsghdr) std::array<uint8_t, 512> control;
    std::array<uint8_t, 64> quoted;
    iovec piece{quoted.data(), quoted.size()};
    msghdr message{};
    message.msg_name = &destination;
    message.msg_namelen = sizeof destination;
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (recvmsg(fd(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return;
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
      const bool ours = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
                        (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);
      if (!ours) continue;
      sock_extended_err error;
      std::memcpy(&error, CMSG_DATA(c), sizeof error);
      if (!IsRelayed(error)) continue;
      const PeerAddress peer(
          Endpoint::FromSockaddr(reinterpret_cast<const sockaddr*>(&destination)));
      session_.IcmpFromPeer(peer, error.ee_type, error.ee_code, ErrorData(error));
    }
  }
}

}  // namespace culvert::relay
