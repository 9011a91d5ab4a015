// From the name of a server to a connected socket: resolves, then tries one address after the
// other. Non-blocking, on the client's thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "server/base/result.h"
#include "server/net/fd.h"
#include "server/redis/environment.h"

namespace culvert::redis {

class Dialer final : private net::FdHandler, private net::TimerWheel::Entry {
 public:
  using Done = std::function<void(Result<net::Fd, std::string>)>;

  // `done` is called once, maybe from within Start; it may destroy the dialer, and nothing is
  // called after that. The socket does not block.
  Dialer(Environment& environment, ServerName server, Instant deadline, Done done);
  ~Dialer() override;

  void Start();

 private:
  void OnReady(unsigned what) override;
  void OnTimer(Instant now) override;
  void StartUnix();
  void Resolved(Result<Resolver::Addresses, std::string> result);
  void TryNext();
  // Waits for the outcome, or has it. False: it failed at once, with errno `error`.
  bool Connect(const sockaddr* address, socklen_t size, int* error);
  void Succeed();
  void Fail(std::string why);

  Environment& environment_;
  const ServerName server_;
  const Instant deadline_;
  Done done_;
  std::optional<uint64_t> lookup_;
  Resolver::Addresses addresses_;
  size_t tried_ = 0;
  std::string last_failure_ = "no answer in time";
  net::Fd fd_;
  net::FdWatch watch_;  // goes before fd_
};

}  // namespace culvert::redis
