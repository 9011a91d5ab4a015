#include "server/net/mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

namespace culvert::net {

Mailbox::Mailbox(Loop& loop) : wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  watch_.Start(loop, wake_.get(), this, true, false);
}

void Mailbox::Post(std::function<void()> letter) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = letters_.empty();
    letters_.push_back(std::move(letter));
  }
  if (!first) return;
  const uint64_t one = 1;
  // Can only fail when the counter is full, and then the loop is being woken already.
  [[maybe_unused]] const ssize_t n = write(wake_.get(), &one, sizeof one);
}

void Mailbox::OnReady(unsigned) {
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = read(wake_.get(), &count, sizeof count);
  std::vector<std::function<void()>> letters;
  {
    const std::lock_guard lock(mutex_);
    letters.swap(letters_);
  }
  for (auto& letter : letters) letter();
}

}  // namespace culvert::net
