// The data path of a session: ChannelData, Send and Data indications, peers' datagrams. Asks the
// tables of the protocol core and hands borrowed memory to the turn's output; no allocation, no
// copy, no effects.

#include <cstring>

#include "server/relay/client_session.h"
#include "server/relay/worker.h"
#include "server/stun/channel_data.h"

namespace culvert::relay {
namespace {

using stun::AttributeType;

// The largest UDP payload over IPv4; larger ones cannot be sent.
constexpr size_t kMaxDatagram = 65507;

// A Data indication up to and with the header of DATA (RFC 8656 section 11.3); the data follows.
size_t DataIndicationHeaderSize(Family family) {
  const size_t address = family == Family::kIPv4 ? 8 : 20;
  return stun::kHeaderSize + stun::kAttributeHeaderSize + address + stun::kAttributeHeaderSize;
}

void WriteDataIndicationHeader(uint8_t* out, const PeerAddress& peer, size_t data_size,
                               uint64_t transaction) {
  const size_t header = DataIndicationHeaderSize(peer.family());
  stun::TransactionId id{};
  std::memcpy(id.data(), &transaction, sizeof transaction);
  stun::Builder builder({out, header}, stun::Class::kIndication, stun::Method::kData, id);
  builder.AddXorAddress(AttributeType::kXorPeerAddress, peer.endpoint());
  uint8_t* const data_header = out + header - stun::kAttributeHeaderSize;
  StoreBig16(data_header, static_cast<uint16_t>(AttributeType::kData));
  StoreBig16(data_header + 2, static_cast<uint16_t>(data_size));
  StoreBig16(out + 2,
             static_cast<uint16_t>(header - stun::kHeaderSize + stun::PaddedSize(data_size)));
}

}  // namespace

void ClientSession::FromClient(ByteView message) {
  if (observed_ != nullptr) observed_->FromClient(message.size());
  if (!message.empty() &&
      stun::LooksLikeChannelData(message[0], worker_.turn_shared().settings.last_channel)) {
    FromClientChannel(message);
    return;
  }
  const auto parsed = stun::Message::Parse(message);
  if (!parsed) {
    worker_.counters().parse_drops[parsed.error()].Add();
    return;
  }
  if (parsed->method() == stun::Method::kSend &&
      parsed->message_class() == stun::Class::kIndication) {
    FromClientSend(*parsed);
    return;
  }
  turn_.OnMessage(*parsed, worker_.now());
  Settle();
}

// RFC 8656 section 12.6.
void ClientSession::FromClientChannel(ByteView message) {
  const auto frame = stun::ParseChannelData(message);
  if (!frame) return CountDrop(turn::Drop::kMalformed);
  const turn::Allocation* allocation = turn_.allocation();
  if (allocation == nullptr) return CountDrop(turn::Drop::kNoAllocation);
  turn::Drop why = turn::Drop::kNoChannel;
  for (const auto* table : {&allocation->v4, &allocation->v6}) {
    if (!*table) continue;
    const turn::Channel* channel =
        (*table)->RouteChannel(frame->channel, worker_.now().instant, &why);
    if (channel != nullptr) return ToPeer(**table, channel->peer, frame->data, false);
  }
  CountDrop(why);
}

// RFC 8656 section 11.2.
void ClientSession::FromClientSend(const stun::Message& message) {
  // RFC 8489 section 6.3.2: an indication with an unknown required attribute is discarded.
  if (!message.unknown_required().empty()) return CountDrop(turn::Drop::kUnknownAttribute);
  const auto address = message.XorAddress(AttributeType::kXorPeerAddress);
  const auto data = message.Find(AttributeType::kData);
  if (!address || !data) return CountDrop(turn::Drop::kMalformed);
  const turn::Allocation* allocation = turn_.allocation();
  if (allocation == nullptr || allocation->protocol != stun::kTransportUdp) {
    return CountDrop(turn::Drop::kNoAllocation);
  }
  const turn::RelayTable* table = allocation->table(address->family());
  if (table == nullptr) return CountDrop(turn::Drop::kWrongFamily);
  if (!table->Permits(address->ip(), worker_.now().instant)) {
    return CountDrop(turn::Drop::kNoPermission);
  }
  if (worker_.turn_shared().peers.IsListener(*address)) {
    return CountDrop(turn::Drop::kPeerForbidden);
  }
  ToPeer(*table, PeerAddress(*address), *data, message.Has(AttributeType::kDontFragment));
}

void ClientSession::ToPeer(const turn::RelayTable& table, const PeerAddress& peer, ByteView data,
                           bool dont_fragment) {
  auto& flow = worker_.counters().udp_relayed[transport()].client_to_peer;
  flow.received.Add(data.size());
  if (data.size() > kMaxDatagram) return CountDrop(turn::Drop::kTooLarge);
  if (bandwidth_ != nullptr && !bandwidth_->up.Take(data.size(), worker_.now().instant)) {
    return CountDrop(turn::Drop::kBandwidth);
  }
  UdpRelay* const from = relay(table.relayed().family());
  if (!CULVERT_CHECK("relay.socket-of-table", from != nullptr)) return;
  if (observed_ != nullptr) observed_->ToPeer(data.size());
  if (dont_fragment) {
    from->SendUnfragmented(peer.endpoint(), data);
  } else {
    worker_.output().ToPeer(*from, peer.endpoint(), data);
  }
}

// RFC 8656 sections 11.3 and 12.7.
void ClientSession::FromPeer(Family family, const PeerAddress& peer, MutableBytes payload,
                             bool headroom) {
  const turn::Allocation* allocation = turn_.allocation();
  const turn::RelayTable* table = allocation != nullptr ? allocation->table(family) : nullptr;
  if (table == nullptr) return CountDrop(turn::Drop::kNoAllocation);
  auto& flow = worker_.counters().udp_relayed[transport()].peer_to_client;
  flow.received.Add(payload.size());
  if (observed_ != nullptr) observed_->FromPeer(payload.size());
  const Instant now = worker_.now().instant;
  const turn::Inbound inbound = table->RouteInbound(peer, now);
  if (inbound.kind == turn::Inbound::Kind::kDrop) return CountDrop(turn::Drop::kNoPermission);
  if (bandwidth_ != nullptr && !bandwidth_->down.Take(payload.size(), now)) {
    return CountDrop(turn::Drop::kBandwidth);
  }
  flow.sent.Add(payload.size());
  if (inbound.kind == turn::Inbound::Kind::kChannel) {
    ToClientChannel(inbound.channel, payload, headroom);
  } else {
    ToClientIndication(peer, payload, headroom);
  }
}

void ClientSession::ToClientChannel(uint16_t channel, MutableBytes payload, bool headroom) {
  // RFC 8656 section 12.5: padding on streams only.
  const auto padding =
      static_cast<uint8_t>(turn::IsStream(transport()) ? (0 - payload.size()) & 3 : 0);
  uint8_t* const header = headroom ? payload.data() - stun::kChannelHeaderSize
                                   : worker_.output().Allocate(stun::kChannelHeaderSize).data();
  stun::StoreChannelHeader(header, channel, static_cast<uint16_t>(payload.size()));
  if (!headroom) return ToClient({{header, stun::kChannelHeaderSize}, payload, padding}, false);
  std::memset(payload.data() + payload.size(), 0, padding);
  ToClient({{}, {header, stun::kChannelHeaderSize + payload.size() + padding}}, false);
}

void ClientSession::ToClientIndication(const PeerAddress& peer, MutableBytes payload,
                                       bool headroom) {
  const size_t header_size = DataIndicationHeaderSize(peer.family());
  const size_t padded = stun::PaddedSize(payload.size());
  if (header_size + padded > kMaxDatagram) return CountDrop(turn::Drop::kTooLarge);
  uint8_t* start = payload.data() - header_size;
  if (!headroom) {
    start = worker_.output().Allocate(header_size + padded).data();
    std::memcpy(start + header_size, payload.data(), payload.size());
  }
  std::memset(start + header_size + payload.size(), 0, padded - payload.size());
  WriteDataIndicationHeader(start, peer, payload.size(), ++worker_.turn_shared().nonce_counter);
  ToClient({{}, {start, header_size + padded}}, false);
}

// RFC 8656 section 11.5: the permission is for the address that the quoted packet went to.
void ClientSession::IcmpFromPeer(const PeerAddress& peer, uint8_t type, uint8_t code,
                                 uint32_t data) {
  const turn::Allocation* allocation = turn_.allocation();
  const turn::RelayTable* table =
      allocation != nullptr ? allocation->table(peer.family()) : nullptr;
  if (table == nullptr || !table->Permits(peer.ip(), worker_.now().instant)) return;
  std::array<uint8_t, 80> buffer;
  stun::TransactionId id{};
  const uint64_t transaction = ++worker_.turn_shared().nonce_counter;
  std::memcpy(id.data(), &transaction, sizeof transaction);
  stun::Builder builder(buffer, stun::Class::kIndication, stun::Method::kData, id);
  builder.AddXorAddress(AttributeType::kXorPeerAddress, peer.endpoint());
  builder.AddIcmp(type, code, data);
  Reply(builder.Finish());
}

}  // namespace culvert::relay
