#include "server/redis/dialer.h"

#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "server/net/socket.h"

namespace culvert::redis {

Dialer::Dialer(Environment& environment, ServerName server, Instant deadline, Done done)
    : environment_(environment),
      server_(std::move(server)),
      deadline_(deadline),
      done_(std::move(done)) {}

Dialer::~Dialer() {
  if (lookup_) environment_.resolver.Cancel(*lookup_);
}

void Dialer::Start() {
  environment_.wheel.Arm(this, deadline_);
  if (!server_.path.empty()) return StartUnix();
  if (const auto address = IpAddress::Parse(server_.host)) {
    return Resolved(Resolver::Addresses{*address});
  }
  lookup_ = environment_.resolver.Start(server_.host, [this](auto result) {
    lookup_.reset();
    Resolved(std::move(result));
  });
}

void Dialer::StartUnix() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, server_.path.c_str(), sizeof address.sun_path - 1);
  int error = 0;
  if (!Connect(reinterpret_cast<const sockaddr*>(&address), sizeof address, &error)) {
    Fail(std::strerror(error));
  }
}

void Dialer::Resolved(Result<Resolver::Addresses, std::string> result) {
  if (!result) return Fail("cannot be resolved: " + result.error());
  addresses_ = std::move(result.value());
  TryNext();
}

// What is left of the time is shared out among the addresses that are left, so that one that does
// not answer leaves some for the next.
void Dialer::TryNext() {
  watch_.Stop();
  fd_.Close();
  const Instant now = environment_.now();
  while (tried_ < addresses_.size()) {
    const Endpoint endpoint(addresses_[tried_], server_.port);
    const auto left = static_cast<int64_t>(addresses_.size() - tried_);
    ++tried_;
    environment_.wheel.Arm(this, now + std::max(deadline_ - now, Duration(0)) / left);
    sockaddr_storage storage;
    const socklen_t size = endpoint.ToSockaddr(&storage);
    int error = 0;
    if (Connect(reinterpret_cast<const sockaddr*>(&storage), size, &error)) return;
    last_failure_ = std::strerror(error);
  }
  Fail(last_failure_);
}

bool Dialer::Connect(const sockaddr* address, socklen_t size, int* error) {
  net::Syscalls& sys = environment_.sys;
  const net::SysResult made =
      sys.Socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  *error = made.error;
  if (!made.ok()) return false;
  fd_ = net::Fd(static_cast<int>(made.value));
  const net::SysResult started = sys.Connect(fd_.get(), address, size);
  *error = started.error;
  if (!started.ok() && started.error != EINPROGRESS) return false;
  // Also where it is done at once: it is writable then.
  watch_.Start(environment_.loop, fd_.get(), this, false, true);
  return true;
}

void Dialer::OnReady(unsigned) {
  const int error = net::ConnectOutcome(fd_.get());
  if (error == 0) return Succeed();
  last_failure_ = std::strerror(error);
  if (server_.path.empty()) return TryNext();
  Fail(last_failure_);
}

void Dialer::OnTimer(Instant now) {
  if (now < deadline_ && tried_ < addresses_.size()) return TryNext();
  Fail(lookup_ ? "its name was not resolved in time" : last_failure_);
}

void Dialer::Succeed() {
  watch_.Stop();
  environment_.wheel.Disarm(this);
  const Done done = std::move(done_);
  done(std::move(fd_));
}

void Dialer::Fail(std::string why) {
  watch_.Stop();
  environment_.wheel.Disarm(this);
  fd_.Close();
  const Done done = std::move(done_);
  done(Failure{std::move(why)});
}

}  // namespace culvert::redis
