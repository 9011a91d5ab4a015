// The log: one line per event, as text for people or as JSON for machines.
//
//     log.Info("allocation created", {{"session", id}, {"relayed", address.ToString()}});
//
//     2026-01-31T09:30:00.125Z info allocation created session=00c0ffee00c0ffee
//     relayed=192.0.2.1:50000
//     {"time":"2026-01-31T09:30:00.125Z","level":"info","message":"allocation created",
//      "session":"00c0ffee00c0ffee","relayed":"192.0.2.1:50000"}                      (one line)
//
// Threads: any thread may log. A line is put together by the caller and written by a thread of the
// log's own, through a queue of bounded length: a disk or a pipe that stalls must never stall
// media. When the queue is full the oldest lines are given up and counted (lost_lines). Never
// throws. Lifecycle and faults are logged, packets are not. Addresses of clients and peers stay at
// debug.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "server/base/result.h"

namespace culvert::observe {

// Names one client session in every line about it; shown as 16 hexadecimal digits.
enum class SessionId : uint64_t {};

enum class Level : uint8_t { kTrace, kDebug, kInfo, kWarning, kError };

// A name and a value. Borrows both: made in the argument list, gone after the call.
class Field {
 public:
  enum class Kind : uint8_t { kText, kSigned, kUnsigned, kSession, kBool };

  Field(std::string_view name, std::string_view value)
      : name_(name), text_(value), kind_(Kind::kText) {}
  Field(std::string_view name, const char* value) : Field(name, std::string_view(value)) {}
  Field(std::string_view name, const std::string& value) : Field(name, std::string_view(value)) {}
  Field(std::string_view name, SessionId value)
      : name_(name), number_(static_cast<uint64_t>(value)), kind_(Kind::kSession) {}
  Field(std::string_view name, bool value) : name_(name), number_(value), kind_(Kind::kBool) {}
  template <std::signed_integral T>
  Field(std::string_view name, T value)
      : name_(name),
        number_(static_cast<uint64_t>(static_cast<int64_t>(value))),
        kind_(Kind::kSigned) {}
  template <std::unsigned_integral T>
  Field(std::string_view name, T value) : name_(name), number_(value), kind_(Kind::kUnsigned) {}

  std::string_view name() const { return name_; }
  Kind kind() const { return kind_; }
  std::string_view text() const { return text_; }
  uint64_t number() const { return number_; }

 private:
  std::string_view name_;
  std::string_view text_;
  uint64_t number_ = 0;
  Kind kind_;
};

using Fields = std::initializer_list<Field>;

struct LogOptions {
  enum class Format : uint8_t { kText, kJson };
  enum class Output : uint8_t { kStdout, kFile, kSyslog };

  Format format = Format::kText;
  Output output = Output::kStdout;
  std::string path;               // for kFile
  std::string ident = "culvert";  // for kSyslog
  int facility = 3 << 3;          // for kSyslog, in the numbers of syslog(3): LOG_DAEMON
  Level least = Level::kInfo;     // lines below it are not even put together
  size_t queued_lines = 8192;     // more of them survive a longer stall and cost about 0.5 kB each
};

// Level for coturn's verbosity: 0 info, 1 (-v) debug, 2 (-V) trace.
Level LevelForVerbosity(int verbosity);

class Log {
 public:
  // Starts the writing thread: so call it after any fork (daemon). The error is a sentence that
  // names the file.
  static Result<std::unique_ptr<Log>, std::string> Open(const LogOptions& options);
  // A log that drops everything, for tests and for rooms without one.
  static Log& Nowhere();
  // Writes what is queued.
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void Error(std::string_view message, Fields fields = {}) noexcept {
    Write(Level::kError, message, fields);
  }
  void Warning(std::string_view message, Fields fields = {}) noexcept {
    Write(Level::kWarning, message, fields);
  }
  void Info(std::string_view message, Fields fields = {}) noexcept {
    Write(Level::kInfo, message, fields);
  }
  void Debug(std::string_view message, Fields fields = {}) noexcept {
    Write(Level::kDebug, message, fields);
  }
  void Trace(std::string_view message, Fields fields = {}) noexcept {
    Write(Level::kTrace, message, fields);
  }
  void Write(Level level, std::string_view message, Fields fields) noexcept;

  // Ask before computing values that are dear.
  bool Enabled(Level level) const { return level >= least_; }

  // After the file was moved away (SIGHUP, logrotate): goes on in a new file of the same name.
  // False when it cannot be opened; then the old one stays in use. True when there is no file to
  // reopen.
  bool Reopen() noexcept;

  // Lines given up since the start.
  uint64_t lost_lines() const noexcept;

 private:
  struct Backend;
  Log(Level least, std::unique_ptr<Backend> backend);

  const Level least_;
  std::unique_ptr<Backend> backend_;  // null: nowhere
};

}  // namespace culvert::observe
