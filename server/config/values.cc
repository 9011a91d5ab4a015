#include "server/config/values.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>

namespace culvert::config {
namespace {

constexpr std::array<std::string_view, 6> kYes = {"1", "on", "yes", "true", "t", "y"};
constexpr std::array<std::string_view, 6> kNo = {"0", "off", "no", "false", "f", "n"};
constexpr off_t kMaxSecretFileBytes = 1 << 20;

bool IsOneOf(std::string_view word, const std::array<std::string_view, 6>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string CannotBeRead() {
  return std::string("cannot be read: ") + std::strerror(errno);
}

}  // namespace

std::optional<bool> ParseBool(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (IsOneOf(lower, kYes)) return true;
  if (IsOneOf(lower, kNo)) return false;
  return std::nullopt;
}

std::optional<uint64_t> ParseNumber(std::string_view text, uint64_t min, uint64_t max) {
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc{} || rest != end || value < min || value > max) return std::nullopt;
  return value;
}

bool IsPlainText(std::string_view text) {
  return !text.empty() && std::none_of(text.begin(), text.end(),
                                       [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string Shown(std::string_view text) {
  constexpr size_t kShownBytes = 256;
  std::string shown(text.substr(0, kShownBytes));
  std::replace_if(
      shown.begin(), shown.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return text.size() > kShownBytes ? shown + "..." : shown;
}

Result<std::vector<std::string>, std::string> ReadSecretLines(std::string_view path) {
  const std::string name(path);
  struct stat status {};
  if (stat(name.c_str(), &status) != 0) return Failure{CannotBeRead()};
  if (!S_ISREG(status.st_mode)) return Failure{std::string("is not a regular file")};
  if (status.st_size > kMaxSecretFileBytes) return Failure{std::string("is larger than 1 MiB")};
  std::ifstream file(name, std::ios::binary);
  if (!file) return Failure{CannotBeRead()};

  std::vector<std::string> lines;
  std::string line;
  while (std::getline(file, line)) {
    const std::string_view text = Trim(line);
    if (!text.empty() && text.front() != '#') lines.emplace_back(text);
  }
  return lines;
}

}  // namespace culvert::config
