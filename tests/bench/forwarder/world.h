// What all parts of the forwarder share: the poller, scratch memory, and a grave for what ended.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "tests/bench/forwarder/datagrams.h"
#include "tests/bench/poller.h"

namespace culvert::bench {

// Something that ends by itself.
class Mortal {
 public:
  virtual ~Mortal() = default;
};

// Calls two methods of its owner.
template <typename Owner, void (Owner::*kRead)(), void (Owner::*kWrite)()>
class Handler : public Pollable {
 public:
  explicit Handler(Owner& owner) : owner_(owner) {}
  void OnReadable() override { (owner_.*kRead)(); }
  void OnWritable() override { (owner_.*kWrite)(); }

 private:
  Owner& owner_;
};

struct World {
  Poller poller{};
  DatagramReader reader{};
  DatagramSender sender{};
  std::vector<uint8_t> frames{};  // scratch

  void Adopt(std::unique_ptr<Mortal> one) {
    Mortal* const key = one.get();
    living_.emplace(key, std::move(one));
  }
  // `one` dies when the turn is over: until then events may still name it.
  void Bury(Mortal* one) { dead_.push_back(one); }

  void RunForever() {
    for (;;) {
      poller.RunOnce(std::chrono::seconds(3600));
      for (Mortal* const one : dead_) living_.erase(one);
      dead_.clear();
    }
  }

 private:
  std::unordered_map<Mortal*, std::unique_ptr<Mortal>> living_{};
  std::vector<Mortal*> dead_{};
};

}  // namespace culvert::bench
