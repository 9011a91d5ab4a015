// Time and processor time of a measuring window.
#pragma once

#include <chrono>
#include <optional>

namespace culvert::bench {

struct WindowCost {
  double seconds = 0;
  // User and system time of all threads of the server; nullopt when no process was named.
  std::optional<double> server_cpu_seconds{};
  double generator_cpu_seconds = 0;
};

class WindowMeter {
 public:
  // `server_pid` 0: the server is not measured.
  explicit WindowMeter(int server_pid) : server_pid_(server_pid) {}

  void Start();
  // What was spent since Start().
  WindowCost Stop() const;

 private:
  const int server_pid_;
  std::chrono::steady_clock::time_point start_{};
  std::optional<double> server_at_start_{};
  double generator_at_start_ = 0;
};

// utime and stime of /proc/<pid>/stat in seconds, threads that have ended included; its steps are
// 10 ms. nullopt when there is no such process.
std::optional<double> ProcessCpuSeconds(int pid);

}  // namespace culvert::bench
