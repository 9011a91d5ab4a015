#include "server/observe/log.h"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/syslog_sink.h>
#include <syslog.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

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
  LogOptions::Format format;
  std::shared_ptr<LineSink> lines;  // null for syslog
  std::shared_ptr<spdlog::async_logger> logger;
  // After the logger, so that it ends first: its destructor lets its thread finish the queue, and
  // each queued line holds the logger. The logger thus always dies on the thread that owns the log.
  std::shared_ptr<spdlog::details::thread_pool> writer;
  // Lines that could not even be put together.
  std::atomic<uint64_t> failed_lines{0};
};

Level LevelForVerbosity(int verbosity) {
  if (verbosity <= 0) return Level::kInfo;
  return verbosity == 1 ? Level::kDebug : Level::kTrace;
}

Result<std::unique_ptr<Log>, std::string> Log::Open(const LogOptions& options) {
  auto backend = std::make_unique<Backend>();
  backend->format = options.format;
  if (options.output == LogOptions::Output::kFile) {
    const int fd = LineSink::OpenFile(options.path);
    if (fd < 0) {
      return Failure{"cannot open log file " + options.path + ": " + std::strerror(errno)};
    }
    backend->lines = std::make_shared<LineSink>(fd, options.path);
  } else if (options.output == LogOptions::Output::kStdout) {
    backend->lines = std::make_shared<LineSink>();
  }
  spdlog::sink_ptr sink = backend->lines ? backend->lines : SyslogSink(options);
  const bool json = options.format == LogOptions::Format::kJson;
  sink->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      json ? kJsonPattern : kTextPattern, spdlog::pattern_time_type::utc));
  backend->writer = std::make_shared<spdlog::details::thread_pool>(options.queued_lines, 1);
  backend->logger =
      std::make_shared<spdlog::async_logger>(options.ident, std::move(sink), backend->writer,
                                             spdlog::async_overflow_policy::overrun_oldest);
  backend->logger->set_level(spdlog::level::trace);  // Enabled() has decided already
  return std::unique_ptr<Log>(new Log(options.least, std::move(backend)));
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
    const std::string line = json ? JsonLine(message, fields) : TextLine(message, fields);
    backend_->logger->log(ToSpdlog(level), spdlog::string_view_t(line.data(), line.size()));
  } catch (...) {  // out of memory, or a lock that the kernel refuses: the relay goes on unlogged
    backend_->failed_lines.fetch_add(1, std::memory_order_relaxed);
  }
}

bool Log::Reopen() noexcept {
  return !backend_ || !backend_->lines || backend_->lines->Reopen();
}

uint64_t Log::lost_lines() const noexcept {
  if (!backend_) return 0;
  return backend_->failed_lines.load(std::memory_order_relaxed) +
         backend_->writer->overrun_counter();
}

}  // namespace culvert::observe
