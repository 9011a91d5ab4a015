// Collects metric families in the order in which they are added, and prints them.
#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "server/observe/counters.h"

namespace culvert::admin {

using Label = prometheus::ClientMetric::Label;
using LabelList = std::vector<Label>;

// One metric: name, help and type, with one number per set of labels.
class Family {
 public:
  explicit Family(prometheus::MetricFamily& family) : family_(family) {}

  // No label set may come twice.
  Family& With(LabelList labels, double value);
  Family& Value(double value) { return With({}, value); }

 private:
  prometheus::MetricFamily& family_;
};

// A number over all workers: of what `pick(const WorkerCounters&)` gives, or of one of their cells.
template <typename Pick>
double Total(observe::AllCounters workers, Pick pick) {
  return static_cast<double>(observe::Sum(workers, pick));
}
template <typename Cell>
double Total(observe::AllCounters workers, Cell observe::WorkerCounters::*cell) {
  return Total(workers, [cell](const observe::WorkerCounters& w) { return (w.*cell).value(); });
}

// RFC 6062 section 3: only streams carry TCP allocations, here turn::Transport's TCP and TLS.
inline constexpr std::array<size_t, 2> kStreamTransports = {1, 2};

inline double AllocationsOpen(observe::AllCounters workers, observe::RelayedProtocol protocol,
                              size_t transport) {
  return Total(workers, [&](const observe::WorkerCounters& w) {
    return w.allocations_open[protocol][transport].value();
  });
}

class Families {
 public:
  // A Family is good until the next call of any of these.
  Family Counter(std::string name, std::string help);
  Family Gauge(std::string name, std::string help);
  // The histogram of all owners (workers, clients) together. `per_base` observed units make one of
  // the metric's base unit.
  template <const auto& kBounds, typename Owner>
  void Histogram(std::string name, std::string help, std::span<const Owner* const> owners,
                 observe::Histogram<kBounds> Owner::*histogram, double per_base);

  std::string ToText() const;

 private:
  Family Add(std::string name, std::string help, prometheus::MetricType type);

  std::vector<prometheus::MetricFamily> families_;
};

template <const auto& kBounds, typename Owner>
void Families::Histogram(std::string name, std::string help, std::span<const Owner* const> owners,
                         observe::Histogram<kBounds> Owner::*histogram, double per_base) {
  Add(std::move(name), std::move(help), prometheus::MetricType::Histogram);
  prometheus::ClientMetric& metric = families_.back().metric.emplace_back();
  // The count is made of the very buckets read here, so that it never disagrees with them, also
  // while workers go on counting.
  uint64_t cumulative = 0;
  for (size_t i = 0; i <= kBounds.size(); ++i) {
    for (const Owner* owner : owners) cumulative += (owner->*histogram).bucket(i);
    if (i == kBounds.size()) break;
    metric.histogram.bucket.push_back({cumulative, static_cast<double>(kBounds[i]) / per_base});
  }
  metric.histogram.sample_count = cumulative;
  double sum = 0;
  for (const Owner* owner : owners) sum += static_cast<double>((owner->*histogram).sum());
  metric.histogram.sample_sum = sum / per_base;
}

}  // namespace culvert::admin
