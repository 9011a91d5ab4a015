// A closed range of addresses of one family, as allow and deny lists name them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/base/address.h"

namespace culvert {

struct AddressRange {
  IpAddress first;
  IpAddress last;  // same family as first, not below it

  bool Contains(const IpAddress& ip) const {
    return ip.family() == first.family() && first <= ip && ip <= last;
  }
  std::string ToString() const;

  // Accepts "192.0.2.1", "192.0.2.1-192.0.2.9" (coturn's way) and "192.0.2.0/24", IPv4 and IPv6.
  // nullopt for anything else: host bits set below a prefix are tolerated, a reversed range is not.
  static std::optional<AddressRange> Parse(std::string_view text);

  friend bool operator==(const AddressRange&, const AddressRange&) = default;
};

}  // namespace culvert
