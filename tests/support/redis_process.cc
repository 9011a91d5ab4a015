#include "tests/support/redis_process.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>

#include "server/net/fd.h"

namespace culvert::testing {
namespace {

constexpr seconds kStartPatience{20};
constexpr int kStartAttempts = 5;
constexpr timeval kAnswerPatience{5, 0};

struct FreeRedis {
  void operator()(redisContext* context) const { redisFree(context); }
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

// A unix socket's path is 107 bytes at most, which a sandbox's folder may use up by itself.
std::string MakeFolder() {
  constexpr size_t kLongestBase = 70;
  const char* const base = std::getenv("TEST_TMPDIR");
  const bool fits = base != nullptr && std::string(base).size() <= kLongestBase;
  std::string path = std::string(fits ? base : "/tmp") + "/redis-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) std::abort();
  return path;
}

// In the child, between fork and exec: nothing but system calls.
[[noreturn]] void Become(char* const* arguments, int log) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execvp(arguments[0], arguments);
  _exit(127);
}

std::string TextOf(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_NIL:
      return "(nil)";
    case REDIS_REPLY_INTEGER:
      return std::to_string(reply.integer);
    case REDIS_REPLY_ARRAY: {
      std::string all;
      for (size_t i = 0; i < reply.elements; ++i) all += TextOf(*reply.element[i]) + "\n";
      return all;
    }
    default:
      return std::string(reply.str, reply.len);
  }
}

std::string Execute(redisContext* context, const std::vector<std::string>& words) {
  std::vector<const char*> texts;
  std::vector<size_t> sizes;
  for (const std::string& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  const std::unique_ptr<redisReply, FreeRedis> reply(static_cast<redisReply*>(
      redisCommandArgv(context, static_cast<int>(words.size()), texts.data(), sizes.data())));
  return reply ? TextOf(*reply) : "(down)";
}

}  // namespace

RedisProcess::RedisProcess() : folder_(MakeFolder()) {}

RedisProcess::~RedisProcess() {
  Kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

// Ports lie below those that the kernel hands out, also the cluster's, which are 10000 higher.
void RedisProcess::ChooseAddress() {
  std::random_device random;
  const auto number = [&random](unsigned from, unsigned to) {
    return std::uniform_int_distribution<unsigned>(from, to)(random);
  };
  const auto byte = [&number] { return static_cast<uint8_t>(number(1, 254)); };
  address_ = Endpoint(IpAddress::V4(127, byte(), byte(), byte()),
                      static_cast<uint16_t>(number(10000, 19999)));
}

std::string RedisProcess::WriteConfiguration() const {
  std::ostringstream lines;
  // Others must see it under the address that it listens on, also where it connects to them.
  lines << "bind " << host() << "\nbind-source-addr " << host() << "\ndir " << folder_
        << "\nunixsocket " << socket_path()
        << "\nuser admin on >admin ~* &* +@all\ndaemonize no\n"
        // Its idea of loopback is 127.0.0.1 alone.
        << "protected-mode no\n";
  if (!settings_.sentinel) lines << "save \"\"\nappendonly no\nrepl-diskless-sync-delay 0\n";
  if (settings_.certificate != nullptr) {
    const std::string& cert = settings_.certificate->cert_file();
    lines << "port 0\ntls-port " << port() << "\ntls-cert-file " << cert << "\ntls-key-file "
          << settings_.certificate->key_file() << "\ntls-ca-cert-file " << cert
          << "\ntls-auth-clients no\n";
  } else {
    lines << "port " << port() << "\n";
  }
  for (const std::string& line : settings_.lines) lines << line << "\n";
  const std::string file = folder_ + "/redis.conf";
  std::ofstream(file) << lines.str();
  return file;
}

std::string RedisProcess::Launch() {
  std::string file = WriteConfiguration();
  const std::string log_file = folder_ + "/log";
  const net::Fd log(open(log_file.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600));
  std::string binary = "redis-server";
  std::string flag = "--sentinel";
  char* const arguments[] = {binary.data(), file.data(), settings_.sentinel ? flag.data() : nullptr,
                             nullptr};
  pid_ = fork();
  if (pid_ == 0) Become(arguments, log.get());
  const auto until = std::chrono::steady_clock::now() + kStartPatience;
  while (Run({"PING"}) != "PONG") {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = 0;
      return "redis-server ended while starting: " + Log();
    }
    if (std::chrono::steady_clock::now() >= until) return "redis-server is not ready: " + Log();
    // There is no event to wait for in another process, so it is asked again.
    poll(nullptr, 0, 5);
  }
  return "";
}

std::string RedisProcess::Start(const Settings& settings) {
  settings_ = settings;
  std::string error;
  for (int attempt = 0; attempt < kStartAttempts; ++attempt) {
    ChooseAddress();
    error = Launch();
    if (error.empty() || error.find("in use") == std::string::npos) break;
  }
  return error;
}

std::string RedisProcess::StartAgain() {
  std::string error;
  for (int attempt = 0; attempt < kStartAttempts; ++attempt) {
    error = Launch();
    if (error.empty() || error.find("in use") == std::string::npos) break;
  }
  return error;
}

void RedisProcess::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

void RedisProcess::Freeze() {
  kill(pid_, SIGSTOP);
}

void RedisProcess::Thaw() {
  kill(pid_, SIGCONT);
}

std::string RedisProcess::Log() const {
  std::ifstream file(folder_ + "/log");
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

std::string RedisProcess::Run(const std::vector<std::string>& words) const {
  const std::unique_ptr<redisContext, FreeRedis> context(
      redisConnectUnixWithTimeout(socket_path().c_str(), kAnswerPatience));
  if (!context || context->err != 0) return "(down)";
  redisSetTimeout(context.get(), kAnswerPatience);
  const std::string login = Execute(context.get(), {"AUTH", "admin", "admin"});
  return login == "OK" ? Execute(context.get(), words) : login;
}

}  // namespace culvert::testing
