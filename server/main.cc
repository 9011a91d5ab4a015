// culvert, the relay daemon: reads its options, opens what they ask for, serves until it is told to
// stop.

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "server/admin/facts.h"
#include "server/admin/health.h"
#include "server/admin/metrics_page.h"
#include "server/admin/status_page.h"
#include "server/config/parse.h"
#include "server/config/version.h"
#include "server/net/clock.h"
#include "server/net/file_watch.h"
#include "server/net/http_server.h"
#include "server/net/loop.h"
#include "server/net/process.h"
#include "server/net/signals.h"
#include "server/server.h"
#include "server/stun/message.h"

namespace culvert {
namespace {

// How soon a renewed certificate is noticed without a signal.
constexpr seconds kCertificateCheck{5};

// Names of the enums that the pages know by number only.
template <typename Enum, size_t kCount>
std::array<const char*, kCount> Names(const char* (*name)(Enum)) {
  std::array<const char*, kCount> names;
  for (size_t i = 0; i < kCount; ++i) names[i] = name(static_cast<Enum>(i));
  return names;
}

const admin::Labels& PageLabels() {
  static const auto drops = Names<turn::Drop, turn::kDropCount>(turn::DropName);
  static const auto parse_errors =
      Names<stun::ParseError, stun::kParseErrorCount>(stun::ParseErrorName);
  static const auto end_reasons = Names<turn::EndReason, observe::kEndReasons>(turn::EndReasonName);
  static const admin::Labels labels{drops, parse_errors, end_reasons};
  return labels;
}

// What main's thread does while the workers relay: signals, renewed certificates, the admin pages.
class Control final : private net::FdHandler, private net::TurnHandler {
 public:
  Control(const config::Options& options, net::SignalSet signals, Server& server, observe::Log& log)
      : signals_(std::move(signals)),
        server_(server),
        log_(log),
        certificate_files_({options.cert, options.pkey}),
        started_(net::ReadClocks().wall) {
    signal_watch_.Start(loop_, signals_.fd(), this, true, false);
  }

  // The error is ready for a person.
  std::optional<std::string> OpenPages(const Endpoint& at) {
    net::HttpHandlers handlers;
    handlers["/healthz"] = [this] {
      return admin::Healthz(server_.counters(), server_.handshaking_since(), net::ReadMonotonic());
    };
    handlers["/readyz"] = [this] { return admin::Readyz(state_, server_.users_never_reached()); };
    handlers["/metrics"] = [this] {
      return net::HttpResponse{
          200, admin::kMetricsContentType,
          admin::MetricsPage(server_.counters(), CollectFacts(), PageLabels())};
    };
    handlers["/"] = [this] {
      return net::HttpResponse{200, admin::kStatusContentType,
                               admin::StatusPage(server_.counters(), CollectFacts())};
    };
    auto listening = net::HttpServer::Listen(loop_.base(), at, std::move(handlers));
    if (!listening) return listening.error();
    pages_ = std::move(*listening);
    return std::nullopt;
  }

  // Until SIGTERM or SIGINT.
  void Run() {
    state_ = admin::State::kServing;
    loop_.SetAlarm(net::ReadClocks().instant + kCertificateCheck);
    loop_.Run(this);
    state_ = admin::State::kStopping;
  }

 private:
  void OnReady(unsigned) override {
    while (const auto signal = signals_.Next()) {
      switch (*signal) {
        case net::Signal::kStop:
          log_.Info("stopping");
          loop_.Stop();
          break;
        case net::Signal::kHangup:
          if (!log_.Reopen()) log_.Error("cannot reopen the log file; going on with the old one");
          ReloadTls();
          break;
        case net::Signal::kUser2:
          ReloadTls();
          break;
        case net::Signal::kUser1:
          log_.Warning(
              "SIGUSR1 has no effect: draining is not part of this version; SIGTERM stops at once");
          break;
      }
    }
  }

  bool OnTurnEnd() override {
    if (next_check_ <= loop_.now().instant) {
      next_check_ = loop_.now().instant + kCertificateCheck;
      if (certificate_files_.Changed()) ReloadTls();
    }
    loop_.SetAlarm(next_check_);
    return false;
  }

  void ReloadTls() {
    if (!server_.has_certificate()) return;
    if (const auto error = server_.ReloadTls()) {
      log_.Error("the certificate was not reloaded; the old one stays in use", {{"why", *error}});
    } else {
      log_.Info("certificate reloaded");
    }
  }

  admin::Facts CollectFacts() const {
    admin::Facts facts;
    facts.version = config::kVersion;
    facts.state = state_;
    facts.started = started_;
    // Pages are served outside of the loop's turns.
    facts.now = net::ReadClocks();
    facts.process = admin::ReadProcessFacts();
    facts.broken_invariants = BrokenInvariants();
    facts.lost_log_lines = log_.lost_lines();
    facts.certificate_expiry = server_.certificate_expiry();
    facts.relay_ports = server_.relay_ports();
    facts.redis = server_.redis();
    facts.statsdb = server_.statsdb();
    return facts;
  }

  net::SignalSet signals_;
  Server& server_;
  observe::Log& log_;
  net::FileWatch certificate_files_;
  const WallTime started_;
  net::Loop loop_;
  net::FdWatch signal_watch_;
  std::unique_ptr<net::HttpServer> pages_;
  Instant next_check_{};
  admin::State state_ = admin::State::kStarting;
};

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
  ForgetSecrets(&options);
  Control control(options, std::move(*signals), **server, **log);
  if (options.admin) {
    if (const auto error = control.OpenPages(options.admin_address)) return Fail(**log, *error);
  }
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
