// Where log lines end up: a descriptor that gets whole lines with each write(2), so that lines of
// several processes do not mix and a file can be followed as it grows.
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <mutex>
#include <string>

namespace culvert::observe {

// Threads: the log's own thread writes, any thread reopens.
class LineSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  // Standard output; not closed at the end.
  LineSink() = default;
  // Appends to the file `path`, which `fd` is. Owns `fd`.
  LineSink(int fd, std::string path);
  ~LineSink() override;

  // -1 and errno when the file can be neither opened nor made (mode 0640: logs name users).
  static int OpenFile(const std::string& path);

  // See Log::Reopen.
  bool Reopen();

 protected:
  // Gathers; a flush, or a gathered kMostGathered, writes.
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override;

 private:
  static constexpr size_t kMostGathered = 64 * 1024;

  spdlog::memory_buf_t gathered_;
  int fd_ = 1;
  std::string path_;  // empty: standard output
};

}  // namespace culvert::observe
