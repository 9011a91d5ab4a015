#include "server/net/file_watch.h"

#include <sys/stat.h>

#include <utility>

namespace culvert::net {

FileWatch::FileWatch(std::vector<std::string> files) {
  for (std::string& file : files) {
    if (file.empty()) continue;
    std::optional<Identity> now = Look(file);
    files_.push_back({std::move(file), now});
  }
}

bool FileWatch::Changed() {
  bool changed = false;
  for (Watched& watched : files_) {
    std::optional<Identity> now = Look(watched.file);
    if (!now || now == watched.last) continue;
    watched.last = now;
    changed = true;
  }
  return changed;
}

std::optional<FileWatch::Identity> FileWatch::Look(const std::string& file) {
  constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;
  struct stat status;
  if (stat(file.c_str(), &status) != 0) return std::nullopt;
  return Identity{status.st_dev, status.st_ino,
                  status.st_mtim.tv_sec * kNanosecondsPerSecond + status.st_mtim.tv_nsec,
                  status.st_size};
}

}  // namespace culvert::net
