// A real redis-server as a process of its own, on a loopback address that no other process uses:
// plain or TLS, with a unix socket for the test's own hand, or as a sentinel or a node of a
// cluster. Its files lie in a folder that goes with this object; the process dies with the thread
// that started it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "server/base/address.h"
#include "server/base/time.h"
#include "tests/support/test_certificate.h"

namespace culvert::testing {

class RedisProcess {
 public:
  struct Settings {
    std::vector<std::string> lines{};              // of redis.conf, behind those of every process
    const TestCertificate* certificate = nullptr;  // its port speaks TLS with this
    bool sentinel = false;
  };

  RedisProcess();
  ~RedisProcess();
  RedisProcess(const RedisProcess&) = delete;
  RedisProcess& operator=(const RedisProcess&) = delete;

  // Empty when the server answers; else why it does not.
  std::string Start(const Settings& settings);
  std::string Start() { return Start(Settings()); }
  // SIGKILL, and waits for the end.
  void Kill();
  // After Kill: the same server at the same place, without its data.
  std::string StartAgain();
  // SIGSTOP and SIGCONT.
  void Freeze();
  void Thaw();

  const Endpoint& address() const { return address_; }
  std::string host() const { return address_.ip().ToString(); }
  std::string port() const { return std::to_string(address_.port()); }
  std::string socket_path() const { return folder_ + "/redis.sock"; }
  // "ip=127.1.2.3 port=10000"
  std::string connection_string() const { return "ip=" + host() + " port=" + port(); }
  std::string Log() const;

  // Runs a command over the unix socket as a user who may do everything, and waits for its answer:
  // text or number as text, an array's elements each followed by a line end, "(nil)", and "(down)"
  // where there is none.
  std::string Run(const std::vector<std::string>& words) const;

 private:
  void ChooseAddress();
  std::string WriteConfiguration() const;
  std::string Launch();

  std::string folder_;
  Settings settings_;
  Endpoint address_;
  pid_t pid_ = 0;
};

}  // namespace culvert::testing
