#include "server/observe/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/syslog_sink.h>
#include <syslog.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <thread>
#include <utility>

#include "server/observe/line_queue.h"
#include "server/observe/line_sink.h"
#include "server/observe/log_line.h"

namespace culvert::observe {
namespace {

constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
constexpr const char* kJsonPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";

spdlog::level::level_enum ToSpdlog(Level level) {
  switch (level) {
    case Level::kTrace:
      return spdlog::level::trace;
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      break;
  }
  return spdlog::level::err;
}

// Syslog has its own time and level, so a text line goes there without; a JSON line stays whole.
spdlog::sink_ptr SyslogSink(const LogOptions& options) {
  const bool whole = options.format == LogOptions::Format::kJson;
  return std::make_shared<spdlog::sinks::syslog_sink_mt>(options.ident, LOG_PID, options.facility,
                                                         whole);
}

}  // namespace

struct Log::Backend {
  Backend(const LogOptions& options, std::shared_ptr<LineSink> line_sink)
      : format(options.format), lines(std::move(line_sink)), queue(options.queued_lines) {
    sink = lines ? spdlog::sink_ptr(lines) : SyslogSink(options);
    const bool json = format == LogOptions::Format::kJson;
    sink->set_formatter(std::make_unique<spdlog::pattern_formatter>(
        json ? kJsonPattern : kTextPattern, spdlog::pattern_time_type::utc));
    writer = std::thread([this] { WriteQueued(); });
  }
  ~Backend() {
    queue.Close();
    writer.join();
  }

  void WriteQueued() {
    for (auto batch = queue.Take(); !batch.empty(); batch = queue.Take()) {
      for (const QueuedLine& line : batch) Format(line);
      sink->flush();
    }
  }

  void Format(const QueuedLine& line) {
    try {
      sink->log({line.time, {}, {}, ToSpdlog(line.level), line.text});
    } catch (const std::exception&) {
      failed_lines.fetch_add(1, std::memory_order_relaxed);
    }
  }

  const LogOptions::Format format;
  const std::shared_ptr<LineSink> lines;  // null for syslog
  spdlog::sink_ptr sink;
  LineQueue queue;
  // Lines that could not even be put together.
  std::atomic<uint64_t> failed_lines{0};
  std::thread writer;
};

Level LevelForVerbosity(int verbosity) {
  if (verbosity <= 0) return Level::kInfo;
  return verbosity == 1 ? Level::kDebug : Level::kTrace;
}

Result<std::unique_ptr<Log>, std::string> Log::Open(const LogOptions& options) {
  std::shared_ptr<LineSink> lines;
  if (options.output == LogOptions::Output::kFile) {
    const int fd = LineSink::OpenFile(options.path);
    if (fd < 0) {
      return Failure{"cannot open log file " + options.path + ": " + std::strerror(errno)};
    }
    lines = std::make_shared<LineSink>(fd, options.path);
  } else if (options.output == LogOptions::Output::kStdout) {
    lines = std::make_shared<LineSink>();
  }
  return std::unique_ptr<Log>(
      new Log(options.least, std::make_unique<Backend>(options, std::move(lines))));
}

Log& Log::Nowhere() {
  static Log nowhere(Level::kError, nullptr);
  return nowhere;
}

Log::Log(Level least, std::unique_ptr<Backend> backend)
    : least_(least), backend_(std::move(backend)) {}

Log::~Log() = default;

void Log::Write(Level level, std::string_view message, Fields fields) noexcept {
  if (!backend_ || !Enabled(level)) return;
  try {
    const bool json = backend_->format == LogOptions::Format::kJson;
    backend_->queue.Push({std::chrono::system_clock::now(), level,
                          json ? JsonLine(message, fields) : TextLine(message, fields)});
  } catch (...) {  // out of memory, or a lock that the kernel refuses: the relay goes on unlogged
    backend_->failed_lines.fetch_add(1, std::memory_order_relaxed);
  }
}

bool Log::Reopen() noexcept {
  return !backend_ || !backend_->lines || backend_->lines->Reopen();
}

uint64_t Log::lost_lines() const noexcept {
  if (!backend_) return 0;
  return backend_->failed_lines.load(std::memory_order_relaxed) + backend_->queue.lost();
}

}  // namespace culvert::observe
