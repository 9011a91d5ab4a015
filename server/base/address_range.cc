#include "server/base/address_range.h"

#include <array>
#include <charconv>

namespace culvert {
namespace {

std::optional<AddressRange> ParsePrefix(std::string_view address, std::string_view length) {
  const auto ip = IpAddress::Parse(address);
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bits);
  if (!ip || error != std::errc() || end != length.data() + length.size()) return std::nullopt;
  const size_t size = ip->bytes().size();
  if (bits > size * 8) return std::nullopt;
  std::array<uint8_t, 16> low{};
  std::array<uint8_t, 16> high{};
  for (size_t i = 0; i < size; ++i) {
    const unsigned kept = bits >= (i + 1) * 8 ? 8
                          : bits > i * 8      ? bits - static_cast<unsigned>(i) * 8
                                              : 0;
    const auto mask = static_cast<uint8_t>(0xff00u >> kept);
    low[i] = ip->bytes()[i] & mask;
    high[i] = static_cast<uint8_t>(low[i] | static_cast<uint8_t>(~mask));
  }
  return AddressRange{IpAddress::FromBytes({low.data(), size}),
                      IpAddress::FromBytes({high.data(), size})};
}

}  // namespace

std::string AddressRange::ToString() const {
  return first == last ? first.ToString() : first.ToString() + "-" + last.ToString();
}

std::optional<AddressRange> AddressRange::Parse(std::string_view text) {
  if (const size_t slash = text.find('/'); slash != std::string_view::npos) {
    return ParsePrefix(text.substr(0, slash), text.substr(slash + 1));
  }
  const size_t dash = text.find('-');
  const auto first = IpAddress::Parse(text.substr(0, dash));
  const auto last =
      dash == std::string_view::npos ? first : IpAddress::Parse(text.substr(dash + 1));
  if (!first || !last || first->family() != last->family() || *last < *first) return std::nullopt;
  return AddressRange{*first, *last};
}

}  // namespace culvert
