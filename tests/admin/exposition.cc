#include "tests/admin/exposition.h"

#include <cctype>
#include <charconv>
#include <utility>

namespace culvert::admin {
namespace {

bool IsNameStart(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool IsNamePart(char c) {
  return IsNameStart(c) || std::isdigit(static_cast<unsigned char>(c)) != 0;
}

// Cuts a name, of a metric or a label, off the front. Empty when there is none.
std::string TakeName(std::string_view& rest) {
  size_t size = 0;
  while (size < rest.size() && (size == 0 ? IsNameStart(rest[0]) : IsNamePart(rest[size]))) ++size;
  std::string name(rest.substr(0, size));
  rest.remove_prefix(size);
  return name;
}

bool Take(std::string_view& rest, std::string_view expected) {
  if (rest.substr(0, expected.size()) != expected) return false;
  rest.remove_prefix(expected.size());
  return true;
}

// "quoted", with \\, \" and \n as the only escapes.
bool TakeQuoted(std::string_view& rest) {
  if (!Take(rest, "\"")) return false;
  while (!rest.empty()) {
    const char c = rest[0];
    rest.remove_prefix(1);
    if (c == '"') return true;
    if (c != '\\') continue;
    if (rest.empty() || (rest[0] != '\\' && rest[0] != '"' && rest[0] != 'n')) return false;
    rest.remove_prefix(1);
  }
  return false;
}

// {a="b",c="d"}, or nothing at all; `le` must stand only where histograms want it.
bool TakeLabels(std::string_view& rest, std::set<std::string>& names) {
  if (!Take(rest, "{")) return true;
  do {
    std::string name = TakeName(rest);
    if (name.empty() || !names.insert(std::move(name)).second) return false;
    if (!Take(rest, "=") || !TakeQuoted(rest)) return false;
  } while (Take(rest, ","));
  return Take(rest, "}");
}

std::optional<double> ParseNumber(std::string_view text) {
  if (text == "+Inf") return 1e308 * 10;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

class Parser {
 public:
  // An empty string, or what is wrong with the line.
  std::string Line(std::string_view line) {
    if (Take(line, "# HELP ")) return Help(line);
    if (Take(line, "# TYPE ")) return Type(line);
    if (line.empty() || line[0] == '#') return "neither HELP, TYPE nor a sample";
    return Sample(line);
  }

  Exposition exposition;

 private:
  std::string Help(std::string_view rest) {
    current_ = TakeName(rest);
    if (current_.empty() || !Take(rest, " ") || rest.empty()) return "malformed HELP";
    if (exposition.metrics.count(current_) != 0) return "metric comes twice";
    exposition.metrics[current_].help = rest;
    return {};
  }

  std::string Type(std::string_view rest) {
    if (TakeName(rest) != current_ || !Take(rest, " ")) return "TYPE without its HELP";
    Exposition::Metric& metric = exposition.metrics[current_];
    if (!metric.type.empty() || !metric.samples.empty()) return "TYPE out of place";
    if (rest != "counter" && rest != "gauge" && rest != "histogram") return "unknown type";
    metric.type = rest;
    return {};
  }

  std::string Sample(std::string_view line) {
    const std::string_view whole = line;
    const std::string name = TakeName(line);
    std::set<std::string> labels;
    if (!TakeLabels(line, labels)) return "malformed labels";
    const std::string spelled(whole.substr(0, whole.size() - line.size()));
    if (!Take(line, " ")) return "no value";
    const auto value = ParseNumber(line);
    if (!value) return "value is no number";
    const auto metric = exposition.metrics.find(current_);
    if (metric == exposition.metrics.end() || metric->second.type.empty()) return "no TYPE before";
    if (!Belongs(name, metric->second.type, labels)) return "sample of another metric";
    if (metric->second.type != "gauge" && *value < 0) return "negative count";
    if (!metric->second.samples.emplace(spelled, *value).second) return "sample comes twice";
    return {};
  }

  bool Belongs(const std::string& name, const std::string& type,
               const std::set<std::string>& labels) const {
    const bool has_le = labels.count("le") != 0;
    if (type != "histogram") return name == current_ && !has_le;
    if (name == current_ + "_bucket") return has_le;
    return !has_le && (name == current_ + "_sum" || name == current_ + "_count");
  }

  std::string current_;
};

}  // namespace

std::optional<double> Exposition::Value(const std::string& sample) const {
  for (const auto& [name, metric] : metrics) {
    const auto found = metric.samples.find(sample);
    if (found != metric.samples.end()) return found->second;
  }
  return std::nullopt;
}

std::set<std::string> Exposition::Names() const {
  std::set<std::string> names;
  for (const auto& [name, metric] : metrics) names.insert(name);
  return names;
}

Exposition ParseExposition(std::string_view text) {
  Parser parser;
  if (text.empty() || text.back() != '\n') parser.exposition.error = "does not end with a newline";
  while (!text.empty() && parser.exposition.error.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const std::string error = parser.Line(line);
    if (!error.empty()) parser.exposition.error = error + ": " + std::string(line);
    text.remove_prefix(end + 1);
  }
  return std::move(parser.exposition);
}

}  // namespace culvert::admin
