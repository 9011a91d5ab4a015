// epoll for the load generator and the forwarder: one thread, level-triggered.
#pragma once

#include <chrono>
#include <cstdint>

#include "server/net/fd.h"

namespace culvert::bench {

class Pollable {
 public:
  virtual ~Pollable() = default;
  virtual void OnReadable() = 0;
  virtual void OnWritable() {}
};

class Poller {
 public:
  Poller();

  // `pollable` must live until the poller is gone or `fd` is closed. Reading is always watched.
  void Add(int fd, Pollable* pollable);
  void Remove(int fd);
  void WatchWriting(int fd, Pollable* pollable, bool watch) { Watch(fd, pollable, true, watch); }
  void Watch(int fd, Pollable* pollable, bool reading, bool writing);

  // Handles what is ready; waits for it no longer than `most`.
  void RunOnce(std::chrono::nanoseconds most);

  // Nanoseconds of the steady clock, read once per turn, and by ReadClock().
  uint64_t now() const { return now_; }
  void ReadClock();

 private:
  net::Fd epoll_;
  uint64_t now_ = 0;
};

}  // namespace culvert::bench
