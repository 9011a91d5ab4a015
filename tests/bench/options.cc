#include "tests/bench/options.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "tests/bench/payload.h"

namespace culvert::bench {
namespace {

using testing::ClientTransport;

// A run is a measurement, not an attack: longer ones are refused.
constexpr double kMostSeconds = 60;
constexpr size_t kMostSessions = 16384;
constexpr size_t kMostPayload = 1472;

template <typename Number>
bool ParseNumber(const std::string& text, Number lowest, Number highest, Number* value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *value);
  return error == std::errc{} && stop == end && lowest <= *value && *value <= highest;
}

bool ParseBool(const std::string& text, bool* value) {
  *value = text == "true" || text == "1";
  return *value || text == "false" || text == "0";
}

bool SetWork(const std::string& text, Options* options) {
  for (const Work work :
       {Work::kMedia, Work::kBulk, Work::kAllocations, Work::kConnections, Work::kIdle}) {
    if (text != WorkName(work)) continue;
    options->work = work;
    return true;
  }
  return false;
}

bool SetTransport(const std::string& text, Options* options) {
  for (const auto transport :
       {ClientTransport::kUdp, ClientTransport::kTcp, ClientTransport::kTls}) {
    if (text != testing::ClientTransportName(transport)) continue;
    options->transport = transport;
    return true;
  }
  return false;
}

bool ParseEndpoint(const std::string& text, Endpoint* value) {
  const auto endpoint = Endpoint::Parse(text);
  if (endpoint) *value = *endpoint;
  return endpoint.has_value();
}

bool SetProtocol(const std::string& text, Options* options) {
  options->protocol = text == "bare" ? Protocol::kBare : Protocol::kTurn;
  return text == "bare" || text == "turn";
}

bool SetTlsVersion(const std::string& text, Options* options) {
  options->tls_version = text == "1.2"   ? TlsVersion::k12
                         : text == "1.3" ? TlsVersion::k13
                                         : TlsVersion::kAny;
  return text == "any" || options->tls_version != TlsVersion::kAny;
}

bool SetDirection(const std::string& text, Options* options) {
  options->up = text == "up" || text == "both";
  options->down = text == "down" || text == "both";
  return options->up || options->down;
}

struct Row {
  const char* name;
  bool (*set)(const std::string&, Options*);
  const char* meaning;
};

// clang-format off
constexpr std::array kRows = {
    Row{"work", SetWork, "media, bulk, allocations, connections or idle [media]"},
    Row{"transport", SetTransport, "client leg: udp, tcp or tls [tls]"},
    Row{"server", [](const std::string& t, Options* o) { return ParseEndpoint(t, &o->server); },
        "address:port [127.0.0.1:3478]"},
    Row{"protocol", SetProtocol,
        "turn, or bare: a forwarder or proxy, set up by bare_protocol.h [turn]"},
    Row{"peer", [](const std::string& t, Options* o) { return ParseEndpoint(t, &o->peer); },
        "bare bulk and connections: the proxy's target, where we listen [127.0.0.1:0]"},
    Row{"tls-version", SetTlsVersion, "1.2, 1.3 or any [any]"},
    Row{"resume", [](const std::string& t, Options* o) { return ParseBool(t, &o->resume); },
        "each thread offers its last TLS session to the server [false]"},
    Row{"user", [](const std::string& text, Options* o) { o->user = text; return true; },
        "long-term user [bench]"},
    Row{"password", [](const std::string& text, Options* o) { o->password = text; return true; },
        "long-term password [bench]"},
    Row{"server-pid", [](const std::string& t, Options* o) { return ParseNumber(t, 0, 1 << 30, &o->server_pid); },
        "process whose processor time is measured [0: none]"},
    Row{"sessions", [](const std::string& t, Options* o) { return ParseNumber(t, size_t{1}, kMostSessions, &o->sessions); },
        "media, idle: allocations; bulk: data connections, each of its own allocation [100]"},
    Row{"direction", SetDirection, "up (client to peer), down or both [both]"},
    Row{"seconds", [](const std::string& t, Options* o) { return ParseNumber(t, 0.1, kMostSeconds, &o->seconds); },
        "measuring window [5]"},
    Row{"warm-up", [](const std::string& t, Options* o) { return ParseNumber(t, 0.0, kMostSeconds, &o->warm_up_seconds); },
        "seconds of load before the window [0.5]"},
    Row{"payload", [](const std::string& t, Options* o) { return ParseNumber(t, kPayloadHeaderSize, kMostPayload, &o->payload); },
        "media: bytes per packet, 32 to 1472 [160]"},
    Row{"rate", [](const std::string& t, Options* o) { return ParseNumber(t, 0.0, 1e6, &o->rate); },
        "media: packets per second of each session and direction [0: saturated]"},
    Row{"window", [](const std::string& t, Options* o) { return ParseNumber(t, size_t{2}, size_t{4096}, &o->window); },
        "media, saturated: most packets under way per session and direction [80]"},
    Row{"batch", [](const std::string& t, Options* o) { return ParseNumber(t, size_t{1}, size_t{64}, &o->batch); },
        "media: most packets sent at once, per TLS write or UDP train [40]"},
    Row{"gso", [](const std::string& t, Options* o) { return ParseBool(t, &o->gso); },
        "media: trains of datagrams leave with UDP_SEGMENT [true]"},
    Row{"gro", [](const std::string& t, Options* o) { return ParseBool(t, &o->gro); },
        "media: our sockets take trains whole, which flatters a server that sends them [false]"},
    Row{"storm-rate", [](const std::string& t, Options* o) { return ParseNumber(t, 0.0, 1e4, &o->storm_rate); },
        "sparse media: a second window, with so many new TLS connections a second [0: none]"},
    Row{"storm-users", [](const std::string& t, Options* o) { return ParseNumber(t, size_t{0}, size_t{1000000}, &o->storm_users); },
        "storm: not TLS connections but allocations, of user0, user1 and so on up to so many [0]"},
    Row{"parallel", [](const std::string& t, Options* o) { return ParseNumber(t, size_t{1}, size_t{256}, &o->parallel); },
        "allocations, connections: clients at the same time [16]"},
};
// clang-format on

std::string WithoutDashes(const std::string& argument) {
  const size_t dashes = argument.starts_with("--") ? 2 : argument.starts_with("-") ? 1 : 0;
  return argument.substr(dashes);
}

// Empty, or which options do not go together.
std::string Contradiction(const Options& options) {
  const bool streams = options.work == Work::kBulk || options.work == Work::kConnections;
  if (streams && options.transport == ClientTransport::kUdp)
    return "--work=bulk and connections need --transport=tcp or tls (RFC 6062 section 4.1)";
  if (options.work == Work::kIdle && options.server_pid == 0)
    return "--work=idle needs --server-pid, whose memory it measures";
  const bool stormable = options.work == Work::kMedia && options.rate > 0 &&
                         (options.transport == ClientTransport::kTls || options.storm_users > 0);
  if (options.storm_rate > 0 && !stormable)
    return "--storm-rate goes with --work=media, a --rate, and --transport=tls or --storm-users";
  return "";
}

}  // namespace

const char* WorkName(Work work) {
  switch (work) {
    case Work::kMedia:
      return "media";
    case Work::kBulk:
      return "bulk";
    case Work::kAllocations:
      return "allocations";
    case Work::kConnections:
      return "connections";
    case Work::kIdle:
      return "idle";
  }
  return "unknown";
}

Result<Options, std::string> ParseOptions(const std::vector<std::string>& arguments) {
  Options options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string name = WithoutDashes(arguments[i]);
    std::string value;
    if (const size_t equals = name.find('='); equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
    } else if (i + 1 < arguments.size()) {
      value = arguments[++i];
    }
    const auto row = std::find_if(kRows.begin(), kRows.end(),
                                  [&name](const Row& each) { return name == each.name; });
    if (row == kRows.end()) return Failure{"no option --" + name};
    if (!row->set(value, &options)) return Failure{"--" + name + " cannot be '" + value + "'"};
  }
  if (const std::string fault = Contradiction(options); !fault.empty()) return Failure{fault};
  return options;
}

std::string OptionsHelp() {
  std::string text;
  for (const Row& row : kRows) text += "  --" + std::string(row.name) + "  " + row.meaning + "\n";
  return text;
}

}  // namespace culvert::bench
