// Setters for the common kinds of values, as templates over the member of Options they fill. A row
// of the option table names one of them; special cases have a setter of their own beside their row.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "server/base/address.h"
#include "server/base/address_range.h"
#include "server/config/options.h"
#include "server/config/values.h"

namespace culvert::config {

inline constexpr uint64_t kMaxPort = 65535;
inline constexpr uint64_t kMax32 = std::numeric_limits<uint32_t>::max();
// 68 years: what fits a signed 32-bit count of seconds.
inline constexpr uint64_t kMaxSeconds = std::numeric_limits<int32_t>::max();

inline constexpr std::string_view kExpectedBool =
    "expected yes or no (also 1/0, on/off, true/false)";
inline constexpr std::string_view kExpectedText = "expected text without control characters";

// kMeaning is what the member becomes when the operator says yes.
template <auto kMember, bool kMeaning = true>
std::optional<std::string> SetFlag(Options& options, std::string_view value) {
  const std::optional<bool> flag = ParseBool(value);
  if (!flag) return std::string(kExpectedBool);
  options.*kMember = (*flag == kMeaning);
  return std::nullopt;
}

// Any member that can be made from a number: integers and seconds.
template <auto kMember, uint64_t kMin, uint64_t kMax>
std::optional<std::string> SetNumber(Options& options, std::string_view value) {
  using Member = std::remove_cvref_t<decltype(std::declval<Options&>().*kMember)>;
  const std::optional<uint64_t> number = ParseNumber(value, kMin, kMax);
  if (!number) {
    return "expected a whole number from " + std::to_string(kMin) + " to " + std::to_string(kMax);
  }
  options.*kMember = static_cast<Member>(*number);
  return std::nullopt;
}

template <auto kMember, uint64_t kMin = 0>
std::optional<std::string> SetPort(Options& options, std::string_view value) {
  const std::optional<uint64_t> port = ParseNumber(value, kMin, kMaxPort);
  if (!port) return "expected a port from " + std::to_string(kMin) + " to 65535";
  options.*kMember = static_cast<uint16_t>(*port);
  return std::nullopt;
}

template <auto kMember>
std::optional<std::string> AddPort(Options& options, std::string_view value) {
  const std::optional<uint64_t> port = ParseNumber(value, 1, kMaxPort);
  if (!port) return std::string("expected a port from 1 to 65535");
  (options.*kMember).push_back(static_cast<uint16_t>(*port));
  return std::nullopt;
}

template <auto kMember>
std::optional<std::string> SetText(Options& options, std::string_view value) {
  if (!IsPlainText(value)) return std::string(kExpectedText);
  options.*kMember = std::string(value);
  return std::nullopt;
}

// Of a file whose one line is the value that kSet takes.
template <auto kSet>
std::optional<std::string> SetOneLine(Options& options, std::string_view file) {
  const auto lines = ReadSecretLines(file);
  if (!lines) return lines.error();
  if (lines->size() != 1) return std::string("expected exactly one line");
  return kSet(options, lines->front());
}

template <auto kMember>
std::optional<std::string> AddAddress(Options& options, std::string_view value) {
  const std::optional<IpAddress> ip = IpAddress::Parse(value);
  if (!ip) return std::string("expected an IPv4 or IPv6 address, such as 192.0.2.1 or 2001:db8::1");
  (options.*kMember).push_back(*ip);
  return std::nullopt;
}

template <auto kMember>
std::optional<std::string> AddEndpoint(Options& options, std::string_view value) {
  const std::optional<Endpoint> endpoint = Endpoint::Parse(value);
  if (!endpoint) {
    return std::string("expected an address and a port: 192.0.2.1:3478 or [2001:db8::1]:3478");
  }
  (options.*kMember).push_back(*endpoint);
  return std::nullopt;
}

template <auto kMember>
std::optional<std::string> AddRange(Options& options, std::string_view value) {
  const std::optional<AddressRange> range = AddressRange::Parse(value);
  if (!range) {
    return std::string(
        "expected an address, a range (192.0.2.1-192.0.2.9) or a prefix (192.0.2.0/24)");
  }
  (options.*kMember).push_back(*range);
  return std::nullopt;
}

}  // namespace culvert::config
