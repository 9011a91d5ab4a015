#include "server/observe/line_sink.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace culvert::observe {

LineSink::LineSink(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

LineSink::~LineSink() {
  if (!path_.empty()) close(fd_);
}

int LineSink::OpenFile(const std::string& path) {
  return open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

bool LineSink::Reopen() {
  if (path_.empty()) return true;
  const int fd = OpenFile(path_);
  if (fd < 0) return false;
  const std::lock_guard<std::mutex> lock(mutex_);
  flush_();
  close(std::exchange(fd_, fd));
  return true;
}

void LineSink::sink_it_(const spdlog::details::log_msg& message) {
  formatter_->format(message, gathered_);
  if (gathered_.size() >= kMostGathered) flush_();
}

void LineSink::flush_() {
  // What cannot be written (disk full, reader gone) is lost: there is nowhere to say so.
  for (size_t done = 0; done < gathered_.size();) {
    const ssize_t n = write(fd_, gathered_.data() + done, gathered_.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<size_t>(n);
  }
  gathered_.clear();
}

}  // namespace culvert::observe
