#include "tests/bench/window_meter.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace culvert::bench {
namespace {

using std::chrono::steady_clock;

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double OwnCpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
}

}  // namespace

std::optional<double> ProcessCpuSeconds(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  // The name, field 2, may hold anything: count behind its closing parenthesis (proc(5)).
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  long user = 0, system = 0;
  fields >> user >> system;
  if (!fields) return std::nullopt;
  return static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

void WindowMeter::Start() {
  start_ = steady_clock::now();
  if (server_pid_ != 0) server_at_start_ = ProcessCpuSeconds(server_pid_);
  generator_at_start_ = OwnCpuSeconds();
}

WindowCost WindowMeter::Stop() const {
  WindowCost cost;
  cost.seconds = std::chrono::duration<double>(steady_clock::now() - start_).count();
  if (server_at_start_) {
    if (const auto server = ProcessCpuSeconds(server_pid_))
      cost.server_cpu_seconds = *server - *server_at_start_;
  }
  cost.generator_cpu_seconds = OwnCpuSeconds() - generator_at_start_;
  return cost;
}

}  // namespace culvert::bench
