// Numbers that one thread writes and others read: counters, gauges, a time stamp, and tables of
// them. A write is a plain load and store (no locked instruction, no fence), so counting costs the
// data path next to nothing; a reader sees some recent value of each number, and the numbers of one
// read need not belong to the same moment.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "server/base/check.h"
#include "server/base/time.h"

namespace culvert::observe {

// Only ever grows. Add() and RaiseTo() belong to the writing thread.
class Counter {
 public:
  void Add(uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void RaiseTo(uint64_t n) {
    if (n > value()) value_.store(n, std::memory_order_relaxed);
  }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// How many there are now. Signed, for what was opened on one worker may be closed on another: then
// only the sum over the workers means something. Up() and Down() belong to the writing thread.
class Gauge {
 public:
  void Up(int64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void Down(int64_t n = 1) { Up(-n); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// When something happened last, or began that goes on. Set() and Clear() belong to the writing
// thread.
class Stamp {
 public:
  void Set(Instant at) { micros_.store(at.time_since_epoch().count(), std::memory_order_relaxed); }
  void Clear() { micros_.store(kUnset, std::memory_order_relaxed); }
  bool is_set() const { return micros_.load(std::memory_order_relaxed) != kUnset; }
  // REQUIRES: is set, and never cleared.
  Instant value() const { return Instant(Duration(micros_.load(std::memory_order_relaxed))); }
  std::optional<Instant> value_if_set() const {
    const int64_t micros = micros_.load(std::memory_order_relaxed);
    if (micros == kUnset) return std::nullopt;
    return Instant(Duration(micros));
  }

 private:
  static constexpr int64_t kUnset = INT64_MIN;
  std::atomic<int64_t> micros_{kUnset};
};

// One cell per enumerator. Any enum, or a number, is an index: so that rooms above, whose enums
// this room may not know, count without a translation. An index out of range is a broken invariant;
// it lands in a spare cell that nobody shows.
template <typename Cell, size_t kCells>
class Table {
 public:
  static constexpr size_t size() { return kCells; }

  template <typename Index>
  Cell& operator[](Index index) {
    return cells_[Checked(static_cast<size_t>(index))];
  }
  template <typename Index>
  const Cell& operator[](Index index) const {
    return cells_[Checked(static_cast<size_t>(index))];
  }

 private:
  static size_t Checked(size_t index) {
    return CULVERT_CHECK("observe.table-index", index < kCells) ? index : kCells;
  }

  std::array<Cell, kCells + 1> cells_;
};

}  // namespace culvert::observe
