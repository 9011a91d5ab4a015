// A strict reader of Prometheus' text format 0.0.4, written from its specification: what it takes,
// Prometheus takes; it refuses more than Prometheus does (order, duplicates, types).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace culvert::admin {

struct Exposition {
  struct Metric {
    std::string type;
    std::string help;
    // Sample name with its labels, as spelled: `x_total{a="b"}`.
    std::map<std::string, double> samples;
  };
  std::map<std::string, Metric> metrics;
  std::string error;  // empty: well formed

  // The value of one sample, nullopt when it is not there.
  std::optional<double> Value(const std::string& sample) const;
  std::set<std::string> Names() const;
};

Exposition ParseExposition(std::string_view text);

}  // namespace culvert::admin
