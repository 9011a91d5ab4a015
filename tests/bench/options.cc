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
constexpr size_t kMostSessions = 4096;
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
  for (const Work work : {Work::kMedia, Work::kBulk, Work::kAllocations}) {
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

bool SetServer(const std::string& text, Options* options) {
  const auto endpoint = Endpoint::Parse(text);
  if (endpoint) options->server = *endpoint;
  return endpoint.has_value();
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
    Row{"work", SetWork, "media, bulk or allocations [media]"},
    Row{"transport", SetTransport, "client leg: udp, tcp or tls [tls]"},
    Row{"server", SetServer, "address:port [127.0.0.1:3478]"},
    Row{"user", [](const std::string& text, Options* o) { o->user = text; return true; },
        "long-term user [bench]"},
    Row{"password", [](const std::string& text, Options* o) { o->password = text; return true; },
        "long-term password [bench]"},
    Row{"server-pid", [](const std::string& t, Options* o) { return ParseNumber(t, 0, 1 << 30, &o->server_pid); },
        "process whose processor time is measured [0: none]"},
    Row{"sessions", [](const std::string& t, Options* o) { return ParseNumber(t, size_t{1}, kMostSessions, &o->sessions); },
        "media: allocations; bulk: data connections, each of an allocation of its own [100]"},
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
    Row{"parallel", [](const std::string& t, Options* o) { return ParseNumber(t, size_t{1}, size_t{256}, &o->parallel); },
        "allocations: clients at the same time [16]"},
};
// clang-format on

std::string WithoutDashes(const std::string& argument) {
  const size_t dashes = argument.starts_with("--") ? 2 : argument.starts_with("-") ? 1 : 0;
  return argument.substr(dashes);
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
  if (options.work == Work::kBulk && options.transport == ClientTransport::kUdp)
    return Failure{std::string("--work=bulk needs --transport=tcp or tls (RFC 6062 section 4.1)")};
  return options;
}

std::string OptionsHelp() {
  std::string text;
  for (const Row& row : kRows) text += "  --" + std::string(row.name) + "  " + row.meaning + "\n";
  return text;
}

}  // namespace culvert::bench
