// culvert, the relay daemon: reads its options, opens what they ask for, serves until it is told to
// stop.

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "server/config/parse.h"
#include "server/config/version.h"
#include "server/control.h"
#include "server/net/process.h"
#include "server/net/signals.h"
#include "server/server.h"

namespace culvert {
namespace {

int Fail(const std::string& message) {
  std::fprintf(stderr, "culvert: %s\n", message.c_str());
  return 1;
}

// Once there is a log: a daemon's standard error is /dev/null.
int Fail(observe::Log& log, const std::string& message) {
  log.Error("cannot start", {{"why", message}});
  return Fail(message);
}

const char* KernelTlsText(const config::Options& options, const Server& server) {
  if (server.kernel_tls()) return "on";
  return options.kernel_tls && server.has_certificate() ? "not offered by the kernel" : "off";
}

void Announce(const config::Options& options, const Server& server, observe::Log& log) {
  for (const ListenerPlan& listener : server.listeners()) {
    std::string kinds;
    if (listener.udp) kinds += "udp ";
    if (listener.dtls) kinds += "dtls ";
    if (listener.stream && options.tcp) kinds += "tcp ";
    if (listener.stream && options.tls && server.has_certificate()) kinds += "tls ";
    if (!kinds.empty()) kinds.pop_back();
    log.Info("listening", {{"address", listener.at.ToString()}, {"for", kinds}});
  }
  log.Info("serving", {{"version", config::kVersion},
                       {"workers", server.workers()},
                       {"realm", server.realm()},
                       {"kernel_tls", KernelTlsText(options, server)},
                       {"admin", options.admin ? options.admin_address.ToString() : "off"}});
}

// Everything between a fine configuration and the end of the process.
int Serve(config::Options options, const std::vector<std::string>& warnings) {
  auto signals = net::SignalSet::Open();
  if (!signals) return Fail(signals.error());
  if (options.daemon) {
    if (const auto error = net::Daemonize()) return Fail(*error);
  }
  auto log = observe::Log::Open(LogOptionsOf(options));
  if (!log) return Fail(log.error());
  for (const std::string& warning : warnings) (*log)->Warning(warning);
  net::RaiseFileLimit();
  auto server = Server::Create(options, **log);
  if (!server) return Fail(**log, server.error());
  Control control(options, std::move(*signals), **server, **log);
  if (options.admin) {
    SecretText token{std::string_view(options.admin_token)};
    if (const auto error = control.OpenPages(options.admin_address, std::move(token))) {
      return Fail(**log, *error);
    }
  }
  ForgetSecrets(&options);
  if (!options.pidfile.empty()) {
    if (const auto error = net::WritePidFile(options.pidfile)) return Fail(**log, *error);
  }
  if (!options.proc_user.empty() || !options.proc_group.empty()) {
    if (const auto error = net::DropPrivileges(options.proc_user, options.proc_group)) {
      return Fail(**log, *error);
    }
  }
  (*server)->Start();
  Announce(options, **server, **log);
  control.Run();
  (*server)->Stop();
  (*log)->Info("stopped");
  return 0;
}

int Main(int argc, char** argv) {
  auto parsed = config::ParseCommandLine(argc, argv);
  if (!parsed) return Fail(parsed.error().message);
  if (parsed->print) {
    std::fputs(parsed->print->c_str(), stdout);
    return 0;
  }
  if (!parsed->options.check_config) return Serve(std::move(parsed->options), parsed->warnings);
  for (const std::string& warning : parsed->warnings) {
    std::fprintf(stderr, "culvert: warning: %s\n", warning.c_str());
  }
  if (const auto error = Server::Check(parsed->options)) return Fail(*error);
  std::puts("the configuration is fine");
  return 0;
}

}  // namespace
}  // namespace culvert

int main(int argc, char** argv) {
  return culvert::Main(argc, argv);
}
