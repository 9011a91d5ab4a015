#include "server/net/loop.h"

#include <event2/event.h>

#include <algorithm>
#include <new>
#include <utility>

#include "server/net/clock.h"

namespace culvert::net {
namespace {

event_base* NewBase() {
  event_config* config = event_config_new();
  // Each loop stays on its own thread and other threads come in through a mailbox, so libevent
  // needs no locks.
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
  event_base* base = event_base_new_with_config(config);
  event_config_free(config);
  if (base == nullptr) throw std::bad_alloc();
  return base;
}

}  // namespace

Loop::Loop()
    : base_(NewBase()), alarm_(evtimer_new(base_, &Loop::OnAlarm, this)), now_(ReadClocks()) {
  turn_started_ = now_.instant;
}

Loop::~Loop() {
  DestroyDeferred();
  event_free(alarm_);
  event_base_free(base_);
}

void Loop::OpenTurn() {
  if (turn_open_) return;
  turn_open_ = true;
  now_ = ReadClocks();
  turn_started_ = now_.instant;
}

// It may come some milliseconds early: libevent reads a coarser clock than we do. So what tells
// that the alarm is gone is this call, never the time.
void Loop::OnAlarm(int, short, void* loop) {
  static_cast<Loop*>(loop)->alarm_at_ = kNever;
}

void Loop::Run(TurnHandler* handler) {
  bool more = false;
  while (!stopped_) {
    event_base_loop(base_, EVLOOP_ONCE | (more ? EVLOOP_NONBLOCK : 0));
    OpenTurn();
    more = handler != nullptr && handler->OnTurnEnd();
    DestroyDeferred();
    last_turn_ = ReadMonotonic() - turn_started_;
    turn_open_ = false;
  }
  stopped_ = false;
}

void Loop::DestroyDeferred() {
  // Oldest first; what dies may send others after it.
  while (!dying_.empty()) std::exchange(dying_, {}).clear();
}

void Loop::SetAlarm(Instant when) {
  if (when == alarm_at_) return;
  alarm_at_ = when;
  if (when == kNever) {
    event_del(alarm_);
    return;
  }
  const auto wait = std::max<int64_t>((when - now_.instant).count(), 0);
  const timeval tv{wait / 1000000, wait % 1000000};
  event_add(alarm_, &tv);
}

void FdWatch::Dispatch(int, short what, void* watch) {
  auto* self = static_cast<FdWatch*>(watch);
  self->loop_->OpenTurn();
  self->handler_->OnReady(((what & EV_READ) != 0 ? FdHandler::kReadable : 0u) |
                          ((what & EV_WRITE) != 0 ? FdHandler::kWritable : 0u));
}

void FdWatch::Start(Loop& loop, int fd, FdHandler* handler, bool read, bool write) {
  Stop();
  loop_ = &loop;
  handler_ = handler;
  fd_ = fd;
  Want(read, write);
}

void FdWatch::Want(bool read, bool write) {
  const unsigned wanted = (read ? FdHandler::kReadable : 0u) | (write ? FdHandler::kWritable : 0u);
  if (wanted != wanted_) Apply(wanted);
}

void FdWatch::Apply(unsigned wanted) {
  const short flags =
      static_cast<short>(EV_PERSIST | ((wanted & FdHandler::kReadable) ? EV_READ : 0) |
                         ((wanted & FdHandler::kWritable) ? EV_WRITE : 0));
  if (event_ == nullptr) {
    event_ = event_new(loop_->base_, fd_, flags, &FdWatch::Dispatch, this);
  } else {
    event_del(event_);
    event_assign(event_, loop_->base_, fd_, flags, &FdWatch::Dispatch, this);
  }
  wanted_ = wanted;
  if (wanted != 0) event_add(event_, nullptr);
}

void FdWatch::Stop() {
  if (event_ != nullptr) event_free(event_);
  event_ = nullptr;
  wanted_ = 0;
}

}  // namespace culvert::net
