// One connection to one server, from the first packet to its end: socket, TLS, log in, then
// commands out and replies in, in order. It does not come back: link.h makes the next one.
//
// On the client's thread. Its owner destroys it by Loop::DeferDelete after OnDown, for it may be on
// the call stack then.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/redis/dialer.h"
#include "server/redis/environment.h"
#include "server/redis/reply_reader.h"
#include "server/redis/transport.h"

namespace culvert::redis {

// What is said before the connection counts as up. Lives as long as the connection.
struct Greeting {
  const Credentials* credentials = nullptr;
  int database = 0;
  std::string name{};         // empty: none is set
  bool primary_only = false;  // a server that is no primary is refused
};

class Connection final : public net::Deletable,
                         private net::FdHandler,
                         private net::TimerWheel::Entry {
 public:
  class Observer {
   public:
    virtual void OnUp() = 0;
    virtual void OnReply(Reply reply) = 0;
    // The last call; maybe from within Start. `why` names the server.
    virtual void OnDown(const std::string& why) = 0;

   protected:
    ~Observer() = default;
  };

  Connection(Environment& environment, ServerName server, const Greeting& greeting,
             Observer& observer);

  void Start();
  // REQUIRES: OnUp was called. Leaves with everything else of this turn.
  void Send(std::string_view commands);
  // Ends it; the observer is not told.
  void Close();

 private:
  enum class Step : uint8_t { kAuth, kSelect, kSetName, kRole, kPing };

  void OnReady(unsigned what) override;
  void OnTimer(Instant now) override;
  void OnDialed(Result<net::Fd, std::string> result);
  void Greet();
  void Say(Step step, std::vector<std::string> words);
  bool Receive();
  void OnGreeted(const Reply& reply);
  void Down(std::string why);

  Environment& environment_;
  const ServerName server_;
  const Greeting& greeting_;
  Observer* observer_;  // null once it is over
  std::unique_ptr<Dialer> dialer_;
  std::unique_ptr<Transport> transport_;
  net::FdWatch watch_;  // goes before transport_
  ReplyReader reader_;
  std::deque<Step> steps_;     // whose answers are still to come
  std::string first_refusal_;  // what the server said before it closed, as when it is full
  bool up_ = false;
};

}  // namespace culvert::redis
