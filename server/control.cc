#include "server/control.h"

#include <algorithm>
#include <array>
#include <utility>

#include "server/admin/health.h"
#include "server/admin/metrics_page.h"
#include "server/admin/status_page.h"
#include "server/config/version.h"
#include "server/net/clock.h"
#include "server/stun/message.h"

namespace culvert {
namespace {

// How soon a renewed certificate is noticed without a signal, and the end of the last allocation.
constexpr seconds kCheck{1};

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

}  // namespace

Control::Control(const config::Options& options, net::SignalSet signals, Server& server,
                 observe::Log& log)
    : signals_(std::move(signals)),
      server_(server),
      log_(log),
      certificate_files_({options.cert, options.pkey}),
      started_(net::ReadClocks().wall),
      drain_timeout_(options.drain_timeout),
      drain_min_allocations_(options.drain_min_allocations) {
  signal_watch_.Start(loop_, signals_.fd(), this, true, false);
}

std::optional<std::string> Control::OpenPages(const Endpoint& at, SecretText token) {
  const auto page = [](auto make) {
    return net::HttpPage{.answer = [make](const net::HttpRequest&) { return make(); }};
  };
  net::HttpPages pages;
  pages["/healthz"] = page([this] {
    return admin::Healthz(server_.counters(), server_.handshaking_since(), net::ReadMonotonic());
  });
  pages["/readyz"] = page([this] { return admin::Readyz(state_, server_.users_never_reached()); });
  pages["/metrics"] = page([this] {
    return net::HttpResponse{200, admin::kMetricsContentType,
                             admin::MetricsPage(server_.counters(), CollectFacts(), PageLabels())};
  });
  pages["/"] = page([this] {
    return net::HttpResponse{200, admin::kStatusContentType,
                             admin::StatusPage(server_.counters(), CollectFacts())};
  });
  admin::AddOperations(*this, std::move(token), &pages);
  auto listening = net::HttpServer::Listen(loop_.base(), at, std::move(pages));
  if (!listening) return listening.error();
  pages_ = std::move(*listening);
  return std::nullopt;
}

void Control::Run() {
  state_ = admin::State::kServing;
  loop_.SetAlarm(net::ReadClocks().instant + kCheck);
  loop_.Run(this);
  state_ = admin::State::kStopping;
}

void Control::OnReady(unsigned) {
  while (const auto signal = signals_.Next()) OnSignal(*signal);
}

void Control::OnSignal(net::Signal signal) {
  switch (signal) {
    case net::Signal::kStop:
      log_.Info("stopping");
      return loop_.Stop();
    case net::Signal::kHangup:
      if (!log_.Reopen()) log_.Error("cannot reopen the log file; going on with the old one");
      return ReloadTls();
    case net::Signal::kUser2:
      return ReloadTls();
    case net::Signal::kUser1:
      return Drain(std::nullopt);
  }
}

bool Control::OnTurnEnd() {
  const Instant now = loop_.now().instant;
  if (next_check_ <= now) {
    next_check_ = now + kCheck;
    if (certificate_files_.Changed()) ReloadTls();
    if (state_ == admin::State::kDraining) LookAtDrain(now);
  }
  loop_.SetAlarm(next_check_);
  return false;
}

void Control::ReloadTls() {
  if (!server_.has_certificate()) return;
  if (const auto error = server_.ReloadTls()) {
    log_.Error("the certificate was not reloaded; the old one stays in use", {{"why", *error}});
  } else {
    log_.Info("certificate reloaded");
  }
}

// Told again while draining, it only sets another end.
void Control::Drain(std::optional<seconds> timeout) {
  const seconds patience = timeout.value_or(drain_timeout_);
  drained_by_ = patience.count() > 0 ? net::ReadMonotonic() + patience : kNever;
  state_ = admin::State::kDraining;
  server_.Drain();
  log_.Info("draining: new allocations are refused; the end comes with the last allocation",
            {{"allocations", server_.allocations()}, {"timeout", patience.count()}});
}

void Control::LookAtDrain(Instant now) {
  const int64_t left = server_.allocations();
  if (left > int64_t{drain_min_allocations_} && now < drained_by_) return;
  log_.Info("drained: stopping", {{"allocations", left}});
  loop_.Stop();
}

std::optional<std::vector<observe::SessionFacts>> Control::ListSessions(
    const observe::SessionFilter& filter, size_t most) {
  return server_.ListSessions(filter, most);
}

std::optional<size_t> Control::EndSessions(const observe::SessionFilter& filter) {
  const auto ended = server_.EndSessions(filter);
  if (ended) log_.Info("sessions ended by the operator", {{"ended", *ended}});
  return ended;
}

admin::Facts Control::CollectFacts() const {
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
  facts.quotadb = server_.quotadb();
  return facts;
}

}  // namespace culvert
