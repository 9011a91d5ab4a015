#include "tests/bench/poller.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>

namespace culvert::bench {
namespace {

uint64_t SteadyNanoseconds() {
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

}  // namespace

Poller::Poller() : epoll_(epoll_create1(EPOLL_CLOEXEC)), now_(SteadyNanoseconds()) {}

void Poller::Add(int fd, Pollable* pollable) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = pollable;
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

void Poller::Remove(int fd) {
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

void Poller::Watch(int fd, Pollable* pollable, bool reading, bool writing) {
  epoll_event event{};
  if (reading) event.events |= EPOLLIN;
  if (writing) event.events |= EPOLLOUT;
  event.data.ptr = pollable;
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void Poller::ReadClock() {
  now_ = SteadyNanoseconds();
}

void Poller::RunOnce(std::chrono::nanoseconds most) {
  std::array<epoll_event, 256> events;
  const int64_t wait = std::max<int64_t>(most.count(), 0);
  const timespec timeout = {wait / 1'000'000'000, wait % 1'000'000'000};
  const int ready = epoll_pwait2(epoll_.get(), events.data(), events.size(), &timeout, nullptr);
  now_ = SteadyNanoseconds();
  for (int i = 0; i < ready; ++i) {
    auto* pollable = static_cast<Pollable*>(events[static_cast<size_t>(i)].data.ptr);
    const uint32_t what = events[static_cast<size_t>(i)].events;
    if (what & (EPOLLIN | EPOLLERR | EPOLLHUP)) pollable->OnReadable();
    if (what & EPOLLOUT) pollable->OnWritable();
  }
}

}  // namespace culvert::bench
