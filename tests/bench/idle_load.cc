#include "tests/bench/idle_load.h"

#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <vector>

#include "server/stun/protocol.h"
#include "tests/bench/media_path.h"
#include "tests/bench/waiting.h"

namespace culvert::bench {
namespace {

std::optional<uint64_t> ResidentBytes(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  std::stringstream text;
  text << file.rdbuf();
  return ParseResidentBytes(text.str());
}

// A path is two sockets here.
void RaiseOpenFiles() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

bool HasEnded(const MediaPath& path) {
  pollfd state = {path.client.fd(), POLLRDHUP, 0};
  return poll(&state, 1, 0) > 0;
}

}  // namespace

std::optional<uint64_t> ParseResidentBytes(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string name;
    uint64_t kilobytes = 0;
    if (fields >> name >> kilobytes && name == "Pss:") return kilobytes * 1024;
  }
  return std::nullopt;
}

Result<IdleResult, std::string> RunIdle(const Options& options) {
  RaiseOpenFiles();
  const auto before = ResidentBytes(options.server_pid);
  if (!before) return Failure{std::string("no memory of --server-pid to read")};
  std::vector<MediaPath> paths;
  for (size_t i = 0; i < options.sessions; ++i) {
    auto path = OpenMediaPath(options, stun::kFirstChannel);
    if (!path) return Failure{std::to_string(i) + " are held, then " + path.error()};
    paths.push_back(std::move(*path));
  }
  WindowMeter meter(options.server_pid);
  meter.Start();
  WaitFor(options.seconds);
  IdleResult result{};
  result.cost = meter.Stop();
  const auto after = ResidentBytes(options.server_pid);
  if (!after) return Failure{std::string("the server is gone")};
  result.held = paths.size();
  result.ended = static_cast<size_t>(std::count_if(paths.begin(), paths.end(), HasEnded));
  result.resident_before = *before;
  result.resident_after = *after;
  return result;
}

}  // namespace culvert::bench
