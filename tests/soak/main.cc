// soak: a relay under steady work for a long time. See README.md.

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "tests/soak/allocation_churn.h"
#include "tests/soak/growth.h"
#include "tests/soak/stream_churn.h"
#include "tests/support/steady_traffic.h"

namespace culvert::soak {
namespace {

using std::chrono::steady_clock;
using testing::ClientTransport;

constexpr seconds kSamplePeriod{5};
constexpr milliseconds kMediaTick{20};  // 50 packets a second and direction
// What a relay may gather over time without losing anything: fragments of its heap; descriptors of
// what comes and goes at the moment of a sample, and pipes that its workers keep for later.
constexpr double kAllowedFactor = 0.02;
constexpr uint64_t kAllowedBytes = 1 << 20;
constexpr uint64_t kAllowedDescriptors = 16;

struct Options {
  double minutes = 3;
  double allocations = 100;  // a second
  double streams = 4;        // a second
  double media = 12;         // sessions
  std::string server = "server/culvert";
};

bool ParseNumber(const char* argument, const char* name, double* to) {
  const size_t length = std::strlen(name);
  if (std::strncmp(argument, name, length) != 0) return false;
  char* end = nullptr;
  *to = std::strtod(argument + length, &end);
  return *end == '\0' && *to > 0;
}

bool ParseOptions(int count, char** arguments, Options* options) {
  for (int i = 1; i < count; ++i) {
    const char* argument = arguments[i];
    if (ParseNumber(argument, "--minutes=", &options->minutes) ||
        ParseNumber(argument, "--allocations=", &options->allocations) ||
        ParseNumber(argument, "--streams=", &options->streams) ||
        ParseNumber(argument, "--media=", &options->media)) {
      continue;
    }
    if (std::strncmp(argument, "--server=", 9) != 0) return false;
    options->server = argument + 9;
  }
  return true;
}

class Soak {
 public:
  explicit Soak(const Options& options) : options_(options) {}

  // True when nothing was found.
  bool Run() {
    testing::RelayProcess::Settings settings;
    settings.binary = options_.server;
    if (const std::string why = relay_.Start(settings); !why.empty()) {
      std::fprintf(stderr, "%s\n", why.c_str());
      return false;
    }
    const size_t descriptors_before = relay_.descriptors();
    std::printf(
        "relay %s, pid %d; %.0f allocations and %.0f streams a second, %.0f media sessions\n",
        relay_.address().ToString().c_str(), relay_.pid(), options_.allocations, options_.streams,
        options_.media);
    AddMedia();
    Work();
    ExpectAllEnded(descriptors_before);
    Note("", relay_.Stop());
    return Report();
  }

 private:
  void Note(const std::string& what, const std::string& trouble) {
    if (!trouble.empty()) findings_.Add(what + trouble);
  }

  void AddMedia() {
    constexpr ClientTransport kLegs[] = {ClientTransport::kUdp, ClientTransport::kTcp,
                                         ClientTransport::kTls};
    for (int i = 0; i < options_.media; ++i) {
      auto session = testing::OpenMedia(relay_.SettingsFor(kLegs[i % 3]), relay_.Alice(),
                                        static_cast<uint64_t>(i));
      if (session) {
        media_.Add(std::move(*session));
      } else {
        findings_.Add("opening media: " + session.error().ToString());
      }
    }
    media_.Start();
  }

  void Work() {
    const auto start = steady_clock::now();
    const auto over = start + std::chrono::duration_cast<steady_clock::duration>(
                                  std::chrono::duration<double, std::ratio<60>>(options_.minutes));
    RunEnd end;
    AllocationChurn allocations(relay_, options_.allocations, end, findings_);
    StreamChurn streams(relay_, options_.streams, end, findings_);
    // Only the work's threads wait for `end`; this one samples until the time is over.
    RunEnd nobody;
    int minute = 0;
    for (auto next = start + kSamplePeriod; next <= over; next += kSamplePeriod) {
      nobody.WaitUntil(next);
      memory_.Sample(relay_.resident_bytes());
      descriptors_.Sample(relay_.descriptors());
      if (next < start + std::chrono::minutes(minute + 1)) continue;
      ++minute;
      PrintLine(std::to_string(minute) + " min", allocations, streams);
    }
    end.Announce();
    allocations.Join();
    streams.Join();
    for (const std::string& fault : media_.Stop()) findings_.Add(fault);
    PrintLine("end", allocations, streams);
    // A run that did a small part of what it was to do proves less than it says.
    const double seconds = std::chrono::duration<double>(over - start).count();
    ExpectDone("allocations", allocations.done(), options_.allocations * seconds);
    ExpectDone("streams", streams.done(), options_.streams * seconds);
    ExpectDone("steps of media", media_.steps(),
               seconds / std::chrono::duration<double>(kMediaTick).count());
  }

  void ExpectDone(const char* what, uint64_t done, double wanted) {
    if (static_cast<double>(done) >= wanted / 2) return;
    findings_.Add("only " + std::to_string(done) + " " + what + " of " +
                  std::to_string(static_cast<uint64_t>(wanted)));
  }

  void PrintLine(const std::string& when, const AllocationChurn& allocations,
                 const StreamChurn& streams) {
    std::printf(
        "%s: %llu allocations, %llu streams, %llu media steps; %llu KiB, %llu fds; %zu findings\n",
        when.c_str(), static_cast<unsigned long long>(allocations.done()),
        static_cast<unsigned long long>(streams.done()),
        static_cast<unsigned long long>(media_.steps()),
        static_cast<unsigned long long>(memory_.last() / 1024),
        static_cast<unsigned long long>(descriptors_.last()), findings_.count());
    std::fflush(stdout);
  }

  // All clients are gone: nothing of them may be left in the relay.
  void ExpectAllEnded(size_t descriptors_before) {
    const bool closed = testing::Within(seconds(20), [&] {
      return relay_.descriptors() <= descriptors_before + kAllowedDescriptors;
    });
    if (!closed) {
      findings_.Add(std::to_string(relay_.descriptors()) + " descriptors are open at the end, " +
                    std::to_string(descriptors_before) + " at the start");
    }
    for (const char* gauge : {"culvert_peer_sockets_open", "culvert_tcp_data_connections_open",
                              "culvert_broken_invariants_total"}) {
      const auto value = relay_.Metric(gauge);
      if (value != 0) findings_.Add(std::string(gauge) + " is not 0 at the end");
    }
  }

  bool Report() {
    Note("", memory_.Finding());
    Note("", descriptors_.Finding());
    std::printf("memory: median %llu KiB settled, %llu KiB at the end; fds: %llu, %llu\n",
                static_cast<unsigned long long>(memory_.settled() / 1024),
                static_cast<unsigned long long>(memory_.at_end() / 1024),
                static_cast<unsigned long long>(descriptors_.settled()),
                static_cast<unsigned long long>(descriptors_.at_end()));
    for (const std::string& finding : findings_.first()) std::printf("FOUND %s\n", finding.c_str());
    std::printf("%s: %zu findings\n", findings_.count() == 0 ? "PASSED" : "FAILED",
                findings_.count());
    return findings_.count() == 0;
  }

  const Options options_;
  Findings findings_;
  testing::RelayProcess relay_;
  testing::SteadyTraffic media_{kMediaTick};
  Growth memory_{"resident memory", kAllowedFactor, kAllowedBytes};
  Growth descriptors_{"open descriptors", kAllowedFactor, kAllowedDescriptors};
};

}  // namespace
}  // namespace culvert::soak

int main(int count, char** arguments) {
  culvert::soak::Options options;
  if (!culvert::soak::ParseOptions(count, arguments, &options)) {
    std::fprintf(stderr,
                 "usage: soak [--minutes=3] [--allocations=100] [--streams=4]"
                 " [--media=12] [--server=server/culvert]\n");
    return 2;
  }
  return culvert::soak::Soak(options).Run() ? 0 : 1;
}
