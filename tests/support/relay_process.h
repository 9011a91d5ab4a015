// The relay as a process of its own: //server:culvert, started on a loopback address that no other
// process uses, and looked at from outside: resident memory, descriptors, CPU time, /metrics.
//
// User alice, password wonderland, realm culvert.test. The process dies with the thread that
// started it.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "server/base/address.h"
#include "server/base/time.h"
#include "tests/support/test_certificate.h"
#include "tests/support/turn_client.h"

namespace culvert::testing {

// Memory of an instrumented process says nothing about the relay: the sanitizer keeps what was
// freed, and holds shadows of what was not. Bounds of memory are asserted in plain builds only.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kInstrumented = true;
#else
inline constexpr bool kInstrumented = false;
#endif

class RelayProcess {
 public:
  struct Settings {
    std::string binary = "server/culvert";  // from a test's working directory
    std::vector<std::string> options{};     // lines of the configuration, behind those above
    std::optional<rlim_t> descriptors{};    // RLIMIT_NOFILE of the process
  };

  RelayProcess() = default;
  ~RelayProcess();  // kills what Stop has not ended
  RelayProcess(const RelayProcess&) = delete;
  RelayProcess& operator=(const RelayProcess&) = delete;

  // Empty when the relay serves; else why it does not.
  std::string Start(const Settings& settings);
  // SIGTERM, and waits for the end. Empty when the relay ended with status 0; else what happened.
  std::string Stop();
  void Signal(int number) const { kill(pid_, number); }
  // As Stop, of a relay that is about to end by itself.
  std::string AwaitEnd();

  pid_t pid() const { return pid_; }
  // UDP, TCP and TLS are all served on it.
  const Endpoint& address() const { return address_; }
  ConnectionSettings SettingsFor(ClientTransport transport) const;
  static ClientCredentials Alice() { return {"alice", "wonderland"}; }
  ClientResult<TurnClient> Connect(ClientTransport transport) const;

  uint64_t resident_bytes() const;
  size_t descriptors() const;
  std::chrono::milliseconds cpu_time() const;
  const Endpoint& admin_address() const { return admin_; }
  // What the admin address answers; status 0 when nothing comes.
  struct HttpAnswer {
    int status = 0;
    std::string body{};
  };
  HttpAnswer Http(const std::string& method, const std::string& target,
                  const std::string& headers = "") const;
  // The body of /metrics, empty when it does not come.
  std::string Metrics() const;
  // The value of one line of it, such as "culvert_drops_total{reason=\"queue_full\"}".
  std::optional<double> Metric(const std::string& name) const;
  // What the relay has said so far.
  std::string Log() const;

 private:
  void WriteConfiguration(const Settings& settings);
  void Launch(const Settings& settings);
  bool HasEnded();
  void ChooseAddress();

  TestCertificate certificate_;
  std::string log_file_;
  std::string configuration_;
  Endpoint address_;
  Endpoint admin_;
  pid_t pid_ = 0;
  std::optional<int> status_;  // of waitpid, once it has ended
};

// Asks until `condition` holds; false when it does not within `patience`.
bool Within(milliseconds patience, const std::function<bool()>& condition);

}  // namespace culvert::testing
