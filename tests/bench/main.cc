// culvert-bench: puts load on a TURN server and prints what arrived and what it cost, as JSON.
//
// Exit: 0 done, 1 the load could not be run, 2 the command line is wrong, 3 something arrived
// damaged or the server ended connections or refused (the JSON says what).
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "tests/bench/allocation_cycle.h"
#include "tests/bench/bulk_load.h"
#include "tests/bench/connection_cycle.h"
#include "tests/bench/idle_load.h"
#include "tests/bench/media_load.h"
#include "tests/bench/options.h"
#include "tests/bench/report.h"
#include "tests/bench/stream_path.h"

namespace {

using culvert::Failure;
using culvert::Result;
using namespace culvert::bench;  // NOLINT: the program is that room

template <typename Outcome>
Result<Report, std::string> ReportOnOutcome(const Options& options,
                                            const Result<Outcome, std::string>& outcome) {
  if (!outcome) return Failure{outcome.error()};
  return ReportOn(options, *outcome);
}

Result<CycleResult, std::string> RunAllocations(const Options& options) {
  return RunCycles(options, [&options] { return MakeAllocationCycle(options); });
}

Result<CycleResult, std::string> RunConnections(const Options& options) {
  const culvert::net::Fd target = ListenAsTarget(options);
  if (!target.valid()) return Failure{std::string("listening as target: ") + std::strerror(errno)};
  return RunCycles(options, [&options, &target] { return MakeConnectionCycle(options, target); });
}

Result<Report, std::string> Run(const Options& options) {
  switch (options.work) {
    case Work::kMedia:
      return ReportOnOutcome(options, RunMedia(options));
    case Work::kBulk:
      return ReportOnOutcome(options, RunBulk(options));
    case Work::kAllocations:
      return ReportOnOutcome(options, RunAllocations(options));
    case Work::kConnections:
      return ReportOnOutcome(options, RunConnections(options));
    case Work::kIdle:
      return ReportOnOutcome(options, RunIdle(options));
  }
  return Failure{std::string("no such work")};
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 1 && (arguments[0] == "--help" || arguments[0] == "-h")) {
    std::printf("culvert-bench [--option=value ...]\n%s", OptionsHelp().c_str());
    return 0;
  }
  const auto options = ParseOptions(arguments);
  if (!options) {
    std::fprintf(stderr, "culvert-bench: %s; --help lists the options\n", options.error().c_str());
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  const auto report = Run(*options);
  if (!report) {
    std::fprintf(stderr, "culvert-bench: %s\n", report.error().c_str());
    return 1;
  }
  std::printf("%s\n", report->json.c_str());
  return report->clean ? 0 : 3;
}
