// The event loop of one worker: libevent behind a narrow wall. Nothing above this room sees an
// event*.
//
// A turn is: wait, run the handlers of what is ready, then the end of the turn (deferred work,
// flushing, deferred deletes). The clocks are read once per turn. All methods belong to the loop's
// own thread but Stop, which any thread may call.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "server/base/time.h"

struct event;
struct event_base;

namespace culvert::net {

// Base of everything that may die while it is still on the call stack.
class Deletable {
 public:
  virtual ~Deletable() = default;
};

// What is told when a descriptor is ready.
class FdHandler {
 public:
  static constexpr unsigned kReadable = 1;
  static constexpr unsigned kWritable = 2;
  // An error condition (EPOLLERR, EPOLLHUP) shows up as whichever of the two was asked for.
  virtual void OnReady(unsigned what) = 0;

 protected:
  ~FdHandler() = default;
};

// What wants to act between two waits.
class TurnHandler {
 public:
  // Called after the handlers of a turn. Returns true when there is more to do at once: the next
  // wait will not block.
  virtual bool OnTurnEnd() = 0;

 protected:
  ~TurnHandler() = default;
};

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // As of the current turn.
  const Now& now() const { return now_; }
  // Runs turns until Stop; may be called again then. `handler` is called at the end of each; may be
  // null.
  void Run(TurnHandler* handler);
  // Ends Run after the current turn. From another thread it takes effect at the next wake-up.
  void Stop() { stopped_ = true; }

  // Destroys `object` at the end of the turn.
  void DeferDelete(std::unique_ptr<Deletable> object) { dying_.push_back(std::move(object)); }

  // Destroys at once what waits for the end of a turn. For an owner whose members must outlive what
  // dies.
  void DestroyDeferred();

  // Wakes the loop at `when`; a single alarm, the latest call counts. It may be some milliseconds
  // early, and is gone then: who still waits sets it again.
  void SetAlarm(Instant when);

  event_base* base() { return base_; }
  // How long handlers and the end of the last turn took.
  Duration last_turn() const { return last_turn_; }

 private:
  friend class FdWatch;
  event_base* base_;
  event* alarm_;
  Instant alarm_at_ = kNever;
  Now now_;
  Instant turn_started_;
  Duration last_turn_{0};
  bool turn_open_ = false;
  std::atomic<bool> stopped_ = false;
  std::vector<std::unique_ptr<Deletable>> dying_;

  void OpenTurn();
  static void OnAlarm(int, short, void* loop);
};

// Interest in one descriptor. Does not own the descriptor; must go before it is closed.
class FdWatch {
 public:
  FdWatch() = default;
  ~FdWatch() { Stop(); }
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  // Starts watching `fd` for what the two flags say.
  void Start(Loop& loop, int fd, FdHandler* handler, bool read, bool write);
  // Changes the interest; cheap when nothing changes.
  void Want(bool read, bool write);
  void Stop();

  bool reading() const { return (wanted_ & FdHandler::kReadable) != 0; }
  bool writing() const { return (wanted_ & FdHandler::kWritable) != 0; }

 private:
  void Apply(unsigned wanted);
  static void Dispatch(int fd, short what, void* watch);

  Loop* loop_ = nullptr;
  FdHandler* handler_ = nullptr;
  event* event_ = nullptr;
  int fd_ = -1;
  unsigned wanted_ = 0;
};

}  // namespace culvert::net
