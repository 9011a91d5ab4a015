#include "server/admin/families.h"

#include <prometheus/text_serializer.h>

namespace culvert::admin {

Family& Family::With(LabelList labels, double value) {
  prometheus::ClientMetric& metric = family_.metric.emplace_back();
  metric.label = std::move(labels);
  if (family_.type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  return *this;
}

Family Families::Counter(std::string name, std::string help) {
  return Add(std::move(name), std::move(help), prometheus::MetricType::Counter);
}

Family Families::Gauge(std::string name, std::string help) {
  return Add(std::move(name), std::move(help), prometheus::MetricType::Gauge);
}

Family Families::Add(std::string name, std::string help, prometheus::MetricType type) {
  prometheus::MetricFamily& family = families_.emplace_back();
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
  return Family(family);
}

std::string Families::ToText() const {
  return prometheus::TextSerializer().Serialize(families_);
}

}  // namespace culvert::admin
