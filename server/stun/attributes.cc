#include "server/stun/attributes.h"

namespace culvert::stun {
namespace {

// Every type in use lies in 0x0000-0x007f or 0x8000-0x807f. Row numbers of both ranges, side by
// side, make the lookup one load for each attribute of each message.
constexpr size_t kRangeSize = 0x80;
constexpr uint16_t kRangeMask = 0x7f80;

constexpr size_t SlotOf(uint16_t type) {
  return (type & (kRangeSize - 1)) + (type >= 0x8000 ? kRangeSize : 0);
}

constexpr auto MakeRowOfSlot() {
  std::array<uint8_t, 2 * kRangeSize> rows{};
  rows.fill(kNoRow);
  for (size_t row = 0; row < kAttributes.size(); ++row) {
    rows[SlotOf(static_cast<uint16_t>(kAttributes[row].type))] = static_cast<uint8_t>(row);
  }
  return rows;
}

constexpr auto kRowOfSlot = MakeRowOfSlot();

constexpr bool EveryRowIsFound() {
  for (size_t row = 0; row < kAttributes.size(); ++row) {
    const auto type = static_cast<uint16_t>(kAttributes[row].type);
    if ((type & kRangeMask) != 0 || kRowOfSlot[SlotOf(type)] != row) return false;
  }
  return true;
}
static_assert(EveryRowIsFound(), "a type outside both ranges, or two rows of one type");
static_assert(kNoRow <= 0xff, "row numbers are kept in one byte");

}  // namespace

size_t AttributeRowOf(uint16_t type) {
  return (type & kRangeMask) == 0 ? kRowOfSlot[SlotOf(type)] : kNoRow;
}

}  // namespace culvert::stun
