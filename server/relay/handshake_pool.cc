#include "server/relay/handshake_pool.h"

#include <algorithm>
#include <utility>

#include "server/net/clock.h"
#include "server/net/thread_priority.h"

namespace culvert::relay {
namespace {

// Of what a client sent right behind its handshake, so much is opened with it; the rest waits in
// the kernel for the worker.
constexpr size_t kMostRead = 64 * 1024;

void Do(HandshakeStep& step, net::StreamBuffers& buffers) {
  net::Stream& stream = *step.stream;
  stream.Rebind(&buffers);
  if (step.context != nullptr) {
    net::SslPtr ssl = step.context->NewSession();
    if (ssl == nullptr) {
      step.end = net::StreamEnd::kFailed;
      return;
    }
    stream.StartTls(std::move(ssl));
  }
  const net::StreamRead read =
      step.context != nullptr ? stream.Open(step.received) : stream.Read({}, kMostRead);
  step.opened.assign(read.data.begin(), read.data.end());
  step.end = read.end;
}

}  // namespace

HandshakePool::HandshakePool(size_t threads) : hands_(threads) {}

void HandshakePool::Start() {
  for (Hand& hand : hands_) threads_.emplace_back([this, &hand] { Work(hand); });
}

void HandshakePool::Stop() {
  std::deque<std::unique_ptr<HandshakeStep>> left;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    left.swap(waiting_);
  }
  more_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void HandshakePool::Submit(std::unique_ptr<HandshakeStep> step) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    waiting_.push_back(std::move(step));
  }
  more_.notify_one();
}

std::unique_ptr<HandshakeStep> HandshakePool::Next() {
  std::unique_lock lock(mutex_);
  more_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
  if (stopped_) return nullptr;
  std::unique_ptr<HandshakeStep> next = std::move(waiting_.front());
  waiting_.pop_front();
  return next;
}

void HandshakePool::Work(Hand& hand) {
  net::YieldToOthers();
  while (std::unique_ptr<HandshakeStep> step = Next()) {
    hand.began.Set(net::ReadMonotonic());
    Do(*step, hand.buffers);
    const auto done = std::move(step->done);
    done(std::move(step));
    hand.began.Clear();
  }
}

std::optional<Instant> HandshakePool::busy_since() const {
  std::optional<Instant> oldest;
  for (const Hand& hand : hands_) {
    const std::optional<Instant> since = hand.began.value_if_set();
    if (since && (!oldest || *since < *oldest)) oldest = since;
  }
  return oldest;
}

}  // namespace culvert::relay
