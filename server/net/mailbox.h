// How other threads talk to a worker: closures in a queue, and an eventfd that wakes its loop. The
// lock is held for a push or a swap only, and nothing on the data path posts.
#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "server/net/fd.h"
#include "server/net/loop.h"

namespace culvert::net {

class Mailbox final : private FdHandler {
 public:
  // REQUIRES: called on the loop's thread, or before it runs.
  explicit Mailbox(Loop& loop);

  // Any thread. `letter` runs on the loop's thread, in the order of posting. Letters that are still
  // there when the mailbox dies are destroyed unread.
  void Post(std::function<void()> letter);

 private:
  void OnReady(unsigned what) override;

  Fd wake_;
  FdWatch watch_;
  std::mutex mutex_;
  std::vector<std::function<void()>> letters_;
};

}  // namespace culvert::net
