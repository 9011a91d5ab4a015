// Metrics, health, and what coturn had for administration.

#include <array>

#include "server/config/option_groups.h"
#include "server/config/option_row.h"
#include "server/config/setters.h"

namespace culvert::config {
namespace {

std::optional<std::string> SetAdminAddress(Options& options, std::string_view value) {
  const std::optional<Endpoint> endpoint = Endpoint::Parse(value);
  if (!endpoint) {
    return std::string("expected an address and a port: 127.0.0.1:9641 or [::1]:9641");
  }
  options.admin_address = *endpoint;
  options.admin_address_given = true;
  return std::nullopt;
}

std::optional<std::string> SetMetricsPort(Options& options, std::string_view value) {
  const std::optional<uint64_t> port = ParseNumber(value, 0, kMaxPort);
  if (!port) return std::string("expected a port from 0 to 65535");
  if (!options.admin_address_given) {
    options.admin_address = Endpoint(options.admin_address.ip(), static_cast<uint16_t>(*port));
  }
  return std::nullopt;
}

std::optional<std::string> SetMetricsAddress(Options& options, std::string_view value) {
  const std::optional<IpAddress> ip = IpAddress::Parse(value);
  if (!ip) return std::string("expected an IPv4 or IPv6 address");
  if (!options.admin_address_given) {
    options.admin_address = Endpoint(*ip, options.admin_address.port());
  }
  return std::nullopt;
}

std::optional<std::string> SetAdminToken(Options& options, std::string_view value) {
  constexpr size_t kLeastCharacters = 16;
  if (!IsPlainText(value) || value.size() < kLeastCharacters) {
    return std::string("expected at least 16 characters, best from a random source");
  }
  options.admin_token = std::string(value);
  return std::nullopt;
}

constexpr std::string_view kNoCli =
    "there is no telnet console; metrics and health are on the admin address";
constexpr std::string_view kNoWebAdmin =
    "there is no web administration; metrics and health are on the admin address";
constexpr std::string_view kNoMetricsTls =
    "metrics are plain HTTP; keep the admin address on a private network";

constexpr std::array kOptions = {
    Value("admin-address", kNoLetter, "IP:PORT", "127.0.0.1:9641", SetAdminAddress,
          "Where metrics, health and status are served over HTTP. Whoever reaches it reads them."),
    Secret(Value("admin-token", kNoLetter, "TOKEN", "none", SetAdminToken,
                 "Whoever sends it to the admin address may list and end sessions and drain the "
                 "relay; without one nobody may.")),
    Value("admin-token-file", kNoLetter, "FILE", "none", SetOneLine<SetAdminToken>,
          "A file whose one line is the admin-token."),
    Flag("no-admin", kNoLetter, "no", SetFlag<&Options::admin, false>,
         "No metrics, health and status."),
    Value("prometheus-port", kNoLetter, "PORT", "9641", SetMetricsPort,
          "Port of the admin address, unless admin-address is given."),
    Value("prometheus-address", kNoLetter, "IP", "127.0.0.1", SetMetricsAddress,
          "IP of the admin address, unless admin-address is given."),

    NoEffectFlag("prometheus", "",
                 "metrics are always on, at /metrics of the admin address (127.0.0.1:9641 unless "
                 "admin-address says otherwise)"),
    NoEffectValue("prometheus-path", "PATH", "/metrics", "metrics are at /metrics"),
    NoEffectFlag("prometheus-username-labels", "no", "metrics never carry user names"),
    NoEffectFlag("prometheus-tls", "no", kNoMetricsTls),
    NoEffectValue("prometheus-cert", "FILE", "", kNoMetricsTls),
    NoEffectValue("prometheus-key", "FILE", "", kNoMetricsTls),
    NoEffectFlag("cli", "no", kNoCli),
    NoEffectFlag("no-cli", "yes", kNoCli),
    NoEffectValue("cli-ip", "IP", "", kNoCli),
    NoEffectValue("cli-port", "PORT", "", kNoCli),
    Secret(NoEffectValue("cli-password", "PASSWORD", "", kNoCli)),
    NoEffectValue("cli-max-output-sessions", "NUMBER", "", kNoCli),
    NoEffectFlag("web-admin", "no", kNoWebAdmin),
    NoEffectValue("web-admin-ip", "IP", "", kNoWebAdmin),
    NoEffectValue("web-admin-port", "PORT", "", kNoWebAdmin),
    NoEffectFlag("web-admin-listen-on-workers", "no", kNoWebAdmin),
};

}  // namespace

std::span<const Option> AdminOptions() {
  return kOptions;
}

}  // namespace culvert::config
