#include "tests/support/relay_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string_view>

namespace culvert::testing {
namespace {

using std::chrono::steady_clock;

constexpr milliseconds kStartPatience = seconds(20);
constexpr milliseconds kStopPatience = seconds(20);
constexpr int kStartAttempts = 5;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

// In the child, between fork and exec: nothing but system calls.
[[noreturn]] void Become(const char* binary, char* const* arguments, int log, const rlimit* limit) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (limit != nullptr) setrlimit(RLIMIT_NOFILE, limit);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execv(binary, arguments);
  _exit(127);
}

}  // namespace

bool Within(milliseconds patience, const std::function<bool()>& condition) {
  const auto until = steady_clock::now() + patience;
  while (!condition()) {
    if (steady_clock::now() >= until) return false;
    // There is no event to wait for in another process, so it is asked again.
    poll(nullptr, 0, 10);
  }
  return true;
}

RelayProcess::~RelayProcess() {
  if (pid_ == 0 || status_) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

// The listeners share ports (SO_REUSEPORT), so that two relays on one address would not notice each
// other. Of the 16 million addresses of loopback each takes one at random; ports lie below those
// that the kernel hands out.
void RelayProcess::ChooseAddress() {
  std::random_device random;
  const auto byte = [&random](unsigned from, unsigned to) {
    return static_cast<uint8_t>(std::uniform_int_distribution<unsigned>(from, to)(random));
  };
  const IpAddress ip = IpAddress::V4(127, byte(1, 254), byte(1, 254), byte(1, 254));
  const auto port = static_cast<uint16_t>(10000 + 8 * byte(0, 249));
  address_ = Endpoint(ip, port);
  admin_ = Endpoint(ip, static_cast<uint16_t>(port + 1));
}

void RelayProcess::WriteConfiguration(const Settings& settings) {
  std::ostringstream lines;
  lines << "realm=culvert.test\nuser=alice:wonderland\nallow-loopback-peers\nrelay-threads=2\n"
        << "listening-ip=" << address_.ip().ToString() << "\n"
        << "relay-ip=" << address_.ip().ToString() << "\n"
        << "listening-port=" << address_.port() << "\ntls-listening-port=0\n"
        << "admin-address=" << admin_.ToString() << "\n"
        << "cert=" << certificate_.cert_file() << "\npkey=" << certificate_.key_file() << "\n";
  for (const std::string& option : settings.options) lines << option << "\n";
  configuration_ = certificate_.WriteFile("turnserver.conf", lines.str());
}

void RelayProcess::Launch(const Settings& settings) {
  log_file_ = certificate_.folder() + "/relay.log";
  const net::Fd log(open(log_file_.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600));
  std::string binary = settings.binary;
  std::string flag = "-c";
  char* const arguments[] = {binary.data(), flag.data(), configuration_.data(), nullptr};
  rlimit limit{};
  if (settings.descriptors) limit = {*settings.descriptors, *settings.descriptors};
  status_.reset();
  pid_ = fork();
  if (pid_ == 0) {
    Become(binary.c_str(), arguments, log.get(), settings.descriptors ? &limit : nullptr);
  }
}

bool RelayProcess::HasEnded() {
  if (status_) return true;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return false;
  status_ = status;
  return true;
}

std::string RelayProcess::Start(const Settings& settings) {
  for (int attempt = 0; attempt < kStartAttempts; ++attempt) {
    ChooseAddress();
    WriteConfiguration(settings);
    Launch(settings);
    if (pid_ < 0) return "fork failed";
    const bool settled = Within(
        kStartPatience, [this] { return HasEnded() || Http("GET", "/readyz").status == 200; });
    if (!settled) return "the relay is not ready in time: " + Log();
    if (!status_) return "";
    // Another program may have had one of the ports on all addresses.
    if (Log().find("in use") == std::string::npos) break;
  }
  return "the relay ended while starting: " + Log();
}

std::string RelayProcess::Stop() {
  if (pid_ <= 0) return "";
  if (!status_) Signal(SIGTERM);
  return AwaitEnd();
}

std::string RelayProcess::AwaitEnd() {
  const bool ended = Within(kStopPatience, [this] { return HasEnded(); });
  if (!ended) return "the relay runs on: " + Log();
  if (*status_ == 0) return "";
  const std::string how = WIFSIGNALED(*status_) ? "signal " + std::to_string(WTERMSIG(*status_))
                                                : "status " + std::to_string(WEXITSTATUS(*status_));
  return "the relay ended with " + how + ": " + Log();
}

ConnectionSettings RelayProcess::SettingsFor(ClientTransport transport) const {
  ConnectionSettings settings;
  settings.transport = transport;
  settings.server = address_;
  settings.timeout = seconds(20);
  return settings;
}

ClientResult<TurnClient> RelayProcess::Connect(ClientTransport transport) const {
  auto client = TurnClient::Connect(SettingsFor(transport), Alice());
  if (client) client->set_timeout(seconds(20));
  return client;
}

uint64_t RelayProcess::resident_bytes() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoull(line.substr(6)) * 1024;
  }
  return 0;
}

size_t RelayProcess::descriptors() const {
  std::error_code error;
  size_t count = 0;
  const std::string folder = "/proc/" + std::to_string(pid_) + "/fd";
  for (auto it = std::filesystem::directory_iterator(folder, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    ++count;
  }
  return count;
}

milliseconds RelayProcess::cpu_time() const {
  const std::string stat = ReadFile("/proc/" + std::to_string(pid_) + "/stat");
  // Behind the name, which may hold blanks: state is field 3, utime 14, stime 15 (proc(5)).
  std::istringstream fields(stat.substr(stat.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  int64_t user = 0;
  int64_t system = 0;
  fields >> user >> system;
  return milliseconds((user + system) * 1000 / sysconf(_SC_CLK_TCK));
}

RelayProcess::HttpAnswer RelayProcess::Http(const std::string& method, const std::string& target,
                                            const std::string& headers) const {
  ConnectionSettings settings;
  settings.transport = ClientTransport::kTcp;
  settings.server = admin_;
  auto connection = ClientConnection::Open(settings);
  if (!connection) return {};
  const std::string request = method + " " + target + " HTTP/1.0\r\n" + headers + "\r\n";
  if (!connection->Send(AsBytes(request), seconds(5))) return {};
  std::string answer;
  std::vector<uint8_t> piece(64 * 1024);
  for (;;) {
    const auto size = connection->Receive(piece, seconds(5));
    if (!size) break;
    answer.append(AsText(ByteView(piece).first(*size)));
  }
  const size_t body = answer.find("\r\n\r\n");
  const size_t status = answer.find(' ');
  if (body == std::string::npos || status > body) return {};
  return {std::atoi(answer.c_str() + status), answer.substr(body + 4)};
}

std::string RelayProcess::Metrics() const {
  const HttpAnswer answer = Http("GET", "/metrics");
  return answer.status == 200 ? answer.body : "";
}

std::optional<double> RelayProcess::Metric(const std::string& name) const {
  std::istringstream page(Metrics());
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with(name + " ")) return std::stod(line.substr(name.size() + 1));
  }
  return std::nullopt;
}

std::string RelayProcess::Log() const {
  return ReadFile(log_file_);
}

}  // namespace culvert::testing
