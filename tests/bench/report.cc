#include "tests/bench/report.h"

#include <nlohmann/json.hpp>
#include <optional>

namespace culvert::bench {
namespace {

using Json = nlohmann::ordered_json;

Json Head(const Options& options, const WindowCost& cost) {
  Json json;
  json["work"] = WorkName(options.work);
  json["transport"] = testing::ClientTransportName(options.transport);
  json["direction"] = options.up && options.down ? "both" : options.up ? "up" : "down";
  json["seconds"] = cost.seconds;
  json["generator_cpu_seconds"] = cost.generator_cpu_seconds;
  json["generator_busy"] = cost.generator_cpu_seconds / cost.seconds;
  json["server_cpu_seconds"] = nullptr;
  json["server_busy"] = nullptr;
  if (cost.server_cpu_seconds) {
    json["server_cpu_seconds"] = *cost.server_cpu_seconds;
    json["server_busy"] = *cost.server_cpu_seconds / cost.seconds;
  }
  return json;
}

// null where the server was not measured or used no time that its clock shows.
Json PerCpuSecond(uint64_t amount, const WindowCost& cost) {
  if (!cost.server_cpu_seconds || *cost.server_cpu_seconds <= 0) return nullptr;
  return static_cast<double>(amount) / *cost.server_cpu_seconds;
}

double PerSecond(uint64_t amount, const WindowCost& cost) {
  return static_cast<double>(amount) / cost.seconds;
}

Json DelayJson(const Delays& delays) {
  return {{"p50", delays.Percentile(0.5)},
          {"p90", delays.Percentile(0.9)},
          {"p99", delays.Percentile(0.99)},
          {"p999", delays.Percentile(0.999)}};
}

// Never below 0: delivered counts each packet once, and only packets that were sent.
uint64_t Lost(const FlowCounts& counts) {
  return counts.sent - counts.delivered;
}

double Share(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

Json DirectionJson(const MediaDirection& direction) {
  return {{"packets", direction.packets},
          {"sent_in_run", direction.all.sent},
          {"lost", Lost(direction.all)},
          {"loss_share", Share(Lost(direction.all), direction.all.sent)},
          {"duplicates", direction.all.duplicates},
          {"corrupt", direction.all.corrupt},
          {"delay_us", DelayJson(direction.delays)}};
}

Json DirectionJson(const BulkDirection& direction) {
  return {{"bytes", direction.bytes},
          {"sent_in_run", direction.all.sent},
          {"lost", direction.all.sent - direction.all.delivered},
          {"corrupt", direction.all.corrupt}};
}

void AddStorm(const StormResult& storm, Json* json) {
  const double quiet = storm.quiet.Percentile(0.99), stormy = storm.stormy.Percentile(0.99);
  (*json)["quiet_delay_us"] = DelayJson(storm.quiet);
  (*json)["storm_delay_us"] = DelayJson(storm.stormy);
  (*json)["p99_storm_over_quiet"] = nullptr;
  if (quiet > 0) (*json)["p99_storm_over_quiet"] = stormy / quiet;
  (*json)["storm_clients"] = storm.counts.clients;
  (*json)["storm_users"] = storm.counts.users;
  (*json)["storm_clients_per_second"] =
      static_cast<double>(storm.counts.clients) / storm.counts.seconds;
  (*json)["storm_failed"] = storm.counts.failed;
}

}  // namespace

Report ReportOn(const Options& options, const MediaResult& result) {
  const uint64_t packets = result.up.packets + result.down.packets;
  const uint64_t lost = Lost(result.up.all) + Lost(result.down.all);
  const uint64_t corrupt = result.up.all.corrupt + result.down.all.corrupt;
  Json json = Head(options, result.cost);
  json["mode"] = options.rate > 0 ? "sparse" : "saturated";
  json["sessions"] = options.sessions;
  json["payload"] = options.payload;
  if (options.rate > 0) json["rate"] = options.rate;
  json["packets"] = packets;
  json["bytes"] = packets * options.payload;
  json["packets_per_second"] = PerSecond(packets, result.cost);
  json["packets_per_cpu_second"] = PerCpuSecond(packets, result.cost);
  json["sent_in_run"] = result.up.all.sent + result.down.all.sent;
  json["lost"] = lost;
  json["loss_share"] = Share(lost, result.up.all.sent + result.down.all.sent);
  json["corrupt"] = corrupt;
  json["ended_sessions"] = result.ended_sessions;
  Delays delays = result.up.delays;
  delays.Add(result.down.delays);
  json["delay_us"] = DelayJson(delays);
  if (result.storm) AddStorm(*result.storm, &json);
  if (options.up) json["up"] = DirectionJson(result.up);
  if (options.down) json["down"] = DirectionJson(result.down);
  return {json.dump(2), corrupt == 0 && result.ended_sessions == 0};
}

Report ReportOn(const Options& options, const BulkResult& result) {
  const uint64_t bytes = result.up.bytes + result.down.bytes;
  const uint64_t sent = result.up.all.sent + result.down.all.sent;
  const uint64_t delivered = result.up.all.delivered + result.down.all.delivered;
  const uint64_t corrupt = result.up.all.corrupt + result.down.all.corrupt;
  Json json = Head(options, result.cost);
  json["sessions"] = options.sessions;
  json["bytes"] = bytes;
  json["bytes_per_second"] = PerSecond(bytes, result.cost);
  json["bytes_per_cpu_second"] = PerCpuSecond(bytes, result.cost);
  json["sent_in_run"] = sent;
  json["lost"] = sent - delivered;
  json["corrupt"] = corrupt;
  json["ended_sessions"] = result.ended_sessions;
  if (options.up) json["up"] = DirectionJson(result.up);
  if (options.down) json["down"] = DirectionJson(result.down);
  return {json.dump(2), corrupt == 0 && sent == delivered && result.ended_sessions == 0};
}

Report ReportOn(const Options& options, const CycleResult& result) {
  Json json = Head(options, result.cost);
  json.erase("direction");
  const std::string what = WorkName(options.work);
  json["parallel"] = options.parallel;
  json[what] = result.completed;
  json[what + "_per_second"] = PerSecond(result.completed, result.cost);
  json[what + "_per_cpu_second"] = PerCpuSecond(result.completed, result.cost);
  json["resumed"] = result.resumed;
  json["resumed_share"] = Share(result.resumed, result.completed);
  json["failed"] = result.failed;
  if (result.failed > 0) json["first_failure"] = result.first_failure;
  json["delay_us"] = DelayJson(result.delays);
  return {json.dump(2), result.failed == 0};
}

Report ReportOn(const Options& options, const IdleResult& result) {
  Json json = Head(options, result.cost);
  json.erase("direction");
  json["allocations"] = result.held;
  json["ended_sessions"] = result.ended;
  json["resident_before"] = result.resident_before;
  json["resident_after"] = result.resident_after;
  const double grown =
      static_cast<double>(result.resident_after) - static_cast<double>(result.resident_before);
  json["resident_bytes_per_allocation"] = grown / static_cast<double>(result.held);
  return {json.dump(2), result.ended == 0};
}

}  // namespace culvert::bench
