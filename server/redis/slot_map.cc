#include "server/redis/slot_map.h"

#include <algorithm>
#include <charconv>

#include "server/redis/server_name.h"

namespace culvert::redis {
namespace {

std::optional<uint16_t> ParseSlot(int64_t value) {
  if (value < 0 || value >= kSlots) return std::nullopt;
  return static_cast<uint16_t>(value);
}

// [host, port, id, ...]. Redis 7 sends nil, an empty text or "?" for a host that it does not know.
std::optional<ServerName> ParseNode(const Reply& node, const ServerName& asked) {
  if (node.elements().size() < 2) return std::nullopt;
  const std::string& host = node.elements()[0].text();
  const int64_t port = node.elements()[1].integer();
  ServerName name = asked;
  if (IsHost(host)) name.host = host;
  if (port <= 0 || port > UINT16_MAX) return std::nullopt;
  name.port = static_cast<uint16_t>(port);
  return name;
}

std::string_view TakeWord(std::string_view* text) {
  const size_t end = std::min(text->find(' '), text->size());
  const std::string_view word = text->substr(0, end);
  *text = text->substr(std::min(end + 1, text->size()));
  return word;
}

}  // namespace

// Each element: [first slot, last slot, primary, replica...].
std::optional<SlotMap> SlotMap::Parse(const Reply& reply, const ServerName& asked) {
  if (!reply.is_array()) return std::nullopt;
  SlotMap map;
  for (const Reply& range : reply.elements()) {
    if (range.elements().size() < 3) return std::nullopt;
    const auto first = ParseSlot(range.elements()[0].integer());
    const auto last = ParseSlot(range.elements()[1].integer());
    const auto primary = ParseNode(range.elements()[2], asked);
    if (!first || !last || *first > *last || !primary) return std::nullopt;
    std::fill(map.owners_.begin() + *first, map.owners_.begin() + *last + 1, map.IndexOf(*primary));
  }
  return map;
}

const ServerName* SlotMap::Find(uint16_t slot) const {
  const uint16_t owner = owners_[slot];
  return owner == kNobody ? nullptr : &primaries_[owner];
}

void SlotMap::Move(uint16_t slot, const ServerName& primary) {
  owners_[slot] = IndexOf(primary);
}

bool SlotMap::complete() const {
  return std::find(owners_.begin(), owners_.end(), kNobody) == owners_.end();
}

uint16_t SlotMap::IndexOf(const ServerName& primary) {
  const auto it = std::find(primaries_.begin(), primaries_.end(), primary);
  const auto index = static_cast<uint16_t>(it - primaries_.begin());
  if (it == primaries_.end()) primaries_.push_back(primary);
  return index;
}

std::optional<Redirect> Redirect::Parse(std::string_view error, const ServerName& asked) {
  const std::string_view kind = TakeWord(&error);
  if (kind != "MOVED" && kind != "ASK") return std::nullopt;
  const std::string_view slot_text = TakeWord(&error);
  uint16_t slot = 0;
  const char* const end = slot_text.data() + slot_text.size();
  const auto [stop, failure] = std::from_chars(slot_text.data(), end, slot);
  if (failure != std::errc() || stop != end || slot >= kSlots) return std::nullopt;
  // The last colon: an IPv6 address comes without brackets here.
  const std::string_view where = TakeWord(&error);
  const size_t colon = where.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = ParsePort(where.substr(colon + 1));
  if (!port) return std::nullopt;
  Redirect redirect{kind == "MOVED" ? Kind::kMoved : Kind::kAsk, slot, asked};
  const std::string_view host = where.substr(0, colon);
  if (IsHost(host)) redirect.server.host = host;
  redirect.server.port = *port;
  return redirect;
}

}  // namespace culvert::redis
