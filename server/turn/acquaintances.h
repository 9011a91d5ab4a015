// From where which user has come with the right key lately. Whoever guesses a user's password from
// somewhere else must not shut out the user from where he is known.
//
// One for all workers, for the kernel gives a client's next connection to any of them: a table of
// fixed size of atomic words, each a piece of a keyed hash with a time. Two workers that write one
// place at once lose one of the marks, and nothing else. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "server/base/keyed_hash.h"
#include "server/base/time.h"

namespace culvert::turn {

class Acquaintances {
 public:
  // Beyond the longest time that a client in use leaves between two requests, its allocation's
  // lifetime. Longer keeps users known over a night; shorter makes an address that changed hands
  // forgotten sooner.
  static constexpr seconds kRemembered{3600};
  // 16384 sets of 4 places of 8 bytes: 512 kB.
  static constexpr size_t kSets = 16384;
  static constexpr size_t kPlaces = 4;

  explicit Acquaintances(const HashKey& key)
      : key_(key), sets_(std::make_unique<std::array<Set, kSets>>()) {}

  // Secret; what sources and users are hashed with.
  const HashKey& key() const { return key_; }

  // `pair`: the hash of a source and a user.
  void Remember(uint64_t pair, Instant now) {
    Set& set = SetOf(pair);
    const uint64_t word = WordOf(pair, now);
    std::atomic<uint64_t>* oldest = set.data();
    for (std::atomic<uint64_t>& place : set) {
      const uint64_t there = place.load(std::memory_order_relaxed);
      if (there == word) return;
      if (IsOf(there, pair)) return place.store(word, std::memory_order_relaxed);
      if (TimeOf(there) < TimeOf(oldest->load(std::memory_order_relaxed))) oldest = &place;
    }
    oldest->store(word, std::memory_order_relaxed);
  }

  bool Knows(uint64_t pair, Instant now) const {
    constexpr uint64_t kLongest = kRemembered / kTick;
    for (const std::atomic<uint64_t>& place : SetOf(pair)) {
      const uint64_t there = place.load(std::memory_order_relaxed);
      if (IsOf(there, pair) && TicksOf(now) - TimeOf(there) <= kLongest) return true;
    }
    return false;
  }

 private:
  // 40 bits of the hash, then 24 bits of time: eight years.
  static constexpr int kTimeBits = 24;
  static constexpr uint64_t kTimeMask = (uint64_t{1} << kTimeBits) - 1;
  static constexpr seconds kTick{16};
  using Set = std::array<std::atomic<uint64_t>, kPlaces>;

  // Never 0, which is an empty place.
  static uint64_t TicksOf(Instant now) {
    return (static_cast<uint64_t>(now.time_since_epoch() / kTick) + 1) & kTimeMask;
  }
  static uint64_t WordOf(uint64_t pair, Instant now) { return (pair & ~kTimeMask) | TicksOf(now); }
  static uint64_t TimeOf(uint64_t word) { return word & kTimeMask; }
  static bool IsOf(uint64_t word, uint64_t pair) {
    return TimeOf(word) != 0 && (word & ~kTimeMask) == (pair & ~kTimeMask);
  }
  // By the bits that are not in the word.
  const Set& SetOf(uint64_t pair) const { return (*sets_)[pair % kSets]; }
  Set& SetOf(uint64_t pair) { return (*sets_)[pair % kSets]; }

  const HashKey key_;
  std::unique_ptr<std::array<Set, kSets>> sets_;
};

}  // namespace culvert::turn
