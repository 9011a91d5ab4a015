#include "server/admin/facts.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <memory>

namespace culvert::admin {
namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void ReadMemory(ProcessFacts& facts) {
  std::ifstream file("/proc/self/statm");
  uint64_t virtual_pages = 0;
  uint64_t resident_pages = 0;
  if (!(file >> virtual_pages >> resident_pages)) return;
  const auto page_size = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  facts.virtual_bytes = virtual_pages * page_size;
  facts.resident_bytes = resident_pages * page_size;
}

uint64_t CountOpenFds() {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir("/proc/self/fd"), closedir);
  if (!directory) return 0;
  uint64_t entries = 0;
  while (readdir(directory.get()) != nullptr) ++entries;
  return entries > 3 ? entries - 3 : 0;  // ".", "..", and the directory itself
}

}  // namespace

const char* StateName(State state) {
  switch (state) {
    case State::kStarting:
      return "starting";
    case State::kServing:
      return "serving";
    case State::kDraining:
      return "draining";
    case State::kStopping:
      return "stopping";
  }
  return "?";
}

ProcessFacts ReadProcessFacts() {
  ProcessFacts facts;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    facts.cpu_seconds = Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
  }
  ReadMemory(facts);
  facts.open_fds = CountOpenFds();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) facts.max_fds = limit.rlim_cur;
  return facts;
}

}  // namespace culvert::admin
