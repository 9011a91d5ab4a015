#include "server/admin/status_page.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <string_view>

namespace culvert::admin {
namespace {

using observe::AllCounters;
using observe::Sum;
using observe::WorkerCounters;

constexpr std::array<const char*, observe::kTransports> kTransportNames = {"UDP", "TCP", "TLS",
                                                                           "DTLS"};

constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Culvert</title>
<meta name="viewport" content="width=device-width">
<style>
body { font: 16px/1.5 sans-serif; margin: 2em auto; max-width: 40em; padding: 0 1em; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { border-bottom: 1px solid #ccc; padding: .2em 1em .2em 0; text-align: right; }
th:first-child, td:first-child { text-align: left; }
</style></head><body>
<h1>Culvert</h1>
)";

constexpr std::string_view kFoot = R"(<p><a href="/metrics">metrics</a>
<a href="/healthz">healthz</a> <a href="/readyz">readyz</a></p>
</body></html>
)";

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

// "3 d 04:05:06"
std::string Uptime(seconds up) {
  const auto total = up.count() > 0 ? up.count() : 0;
  return fmt::format("{} d {:02}:{:02}:{:02}", total / 86400, total / 3600 % 24, total / 60 % 60,
                     total % 60);
}

// "1.5 GB", in powers of ten as network people count.
std::string Size(uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "kB", "MB", "GB", "TB"};
  auto number = static_cast<double>(bytes);
  size_t unit = 0;
  for (; number >= 1000 && unit + 1 < kUnits.size(); ++unit) number /= 1000;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", number, kUnits[unit]);
}

template <typename Pick>
int64_t Number(AllCounters workers, Pick pick) {
  return static_cast<int64_t>(Sum(workers, pick));
}

// What went out, of datagrams and streams, towards peers and towards clients.
uint64_t SentToPeers(const WorkerCounters& w, size_t transport) {
  return w.udp_relayed[transport].client_to_peer.sent.bytes.value() +
         w.tcp_relayed[transport].client_to_peer.sent_bytes.value();
}
uint64_t SentToClients(const WorkerCounters& w, size_t transport) {
  return w.udp_relayed[transport].peer_to_client.sent.bytes.value() +
         w.tcp_relayed[transport].peer_to_client.sent_bytes.value();
}

void AppendTransports(std::string& page, AllCounters workers) {
  page +=
      "<table><tr><th>clients by</th><th>sessions</th><th>allocations</th>"
      "<th>to peers</th><th>to clients</th></tr>\n";
  for (size_t t = 0; t < observe::kTransports; ++t) {
    const int64_t sessions =
        Number(workers, [&](const WorkerCounters& w) { return w.sessions_open[t].value(); });
    const int64_t allocations = Number(workers, [&](const WorkerCounters& w) {
      return w.allocations_open[observe::RelayedProtocol::kUdp][t].value() +
             w.allocations_open[observe::RelayedProtocol::kTcp][t].value();
    });
    fmt::format_to(
        std::back_inserter(page),
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n", kTransportNames[t],
        sessions, allocations,
        Size(Sum(workers, [&](const WorkerCounters& w) { return SentToPeers(w, t); })),
        Size(Sum(workers, [&](const WorkerCounters& w) { return SentToClients(w, t); })));
  }
  page += "</table>\n";
}

}  // namespace

std::string StatusPage(AllCounters workers, const Facts& facts) {
  std::string page(kHead);
  fmt::format_to(std::back_inserter(page), "<p>Version {}, {}, up {}, {} workers.</p>\n",
                 Escaped(facts.version), StateName(facts.state),
                 Uptime(facts.now.wall - facts.started), workers.size());
  AppendTransports(page, workers);
  fmt::format_to(
      std::back_inserter(page), "<p>TCP data connections: {}. Resident memory: {}.</p>\n",
      Number(workers, [](const WorkerCounters& w) { return w.data_connections_open.value(); }),
      Size(facts.process.resident_bytes));
  page += kFoot;
  return page;
}

}  // namespace culvert::admin
