// Who owes how much time. Each failure costs its author some time, which is paid by letting time
// pass; who owes more than is allowed is limited. That is a token bucket whose whole state is one
// point in time, so that a table of fixed size holds many of them.
//
// Four places share a set. Where more debtors meet than there are places, the one who owes least is
// forgotten: so nobody gets rid of a debt by making many others owe a little, and memory never
// grows. One per worker.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "server/base/time.h"

namespace culvert::turn {

class DebtTable {
 public:
  // 2048 sets of 4 places of 16 bytes: 128 kB. More remember more debtors at a time.
  static constexpr size_t kSets = 2048;
  static constexpr size_t kPlaces = 4;

  DebtTable() : sets_(std::make_unique<std::array<Set, kSets>>()) {}

  // What is owed under `key`, a KeyedHasher's hash.
  Duration Owed(uint64_t key, Instant now) const {
    for (const Place& place : SetOf(key)) {
      if (place.key == key) return std::max(place.paid_at - now, Duration(0));
    }
    return Duration(0);
  }

  // Nobody ever owes more than `most`.
  void Charge(uint64_t key, Duration cost, Duration most, Instant now) {
    Set& set = SetOf(key);
    auto place = std::ranges::find(set, key, &Place::key);
    if (place == set.end()) {
      place = std::ranges::min_element(set, {}, &Place::paid_at);
      // Who owes more than this newcomer will stays.
      if (place->paid_at >= now + cost) return;
      *place = {key, now};
    }
    place->paid_at = std::min(std::max(place->paid_at, now) + cost, now + most);
  }

 private:
  struct Place {
    uint64_t key = 0;
    Instant paid_at{};
  };
  using Set = std::array<Place, kPlaces>;

  const Set& SetOf(uint64_t key) const { return (*sets_)[key % kSets]; }
  Set& SetOf(uint64_t key) { return (*sets_)[key % kSets]; }

  std::unique_ptr<std::array<Set, kSets>> sets_;
};

}  // namespace culvert::turn
