#include "server/config/nearest_name.h"

#include <algorithm>
#include <vector>

#include "server/config/option_table.h"

namespace culvert::config {
namespace {

// Longer input is no misspelt option, and costs time to compare.
constexpr size_t kMaxNameBytes = 64;

// Two slips in any name, three in long ones.
size_t WorthAWord(std::string_view name) {
  return name.size() < 4 ? 1 : 2 + name.size() / 12;
}

}  // namespace

size_t EditDistance(std::string_view a, std::string_view b) {
  const size_t width = b.size() + 1;
  std::vector<size_t> cells((a.size() + 1) * width);
  const auto cell = [&](size_t i, size_t j) -> size_t& { return cells[i * width + j]; };
  for (size_t i = 0; i <= a.size(); ++i) cell(i, 0) = i;
  for (size_t j = 0; j <= b.size(); ++j) cell(0, j) = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = cell(i - 1, j - 1) + (a[i - 1] == b[j - 1] ? 0 : 1);
      cell(i, j) = std::min({cell(i - 1, j) + 1, cell(i, j - 1) + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cell(i, j) = std::min(cell(i, j), cell(i - 2, j - 2) + 1);
      }
    }
  }
  return cell(a.size(), b.size());
}

std::string_view NearestOptionName(std::string_view name) {
  if (name.size() > kMaxNameBytes) return {};
  std::string_view nearest;
  size_t least = WorthAWord(name) + 1;
  for (size_t group = 0; group < kGroupCount; ++group) {
    for (const Option& option : OptionsOf(static_cast<Group>(group))) {
      if (option.hidden) continue;
      const size_t distance = EditDistance(name, option.name);
      if (distance < least) {
        least = distance;
        nearest = option.name;
      }
    }
  }
  return nearest;
}

}  // namespace culvert::config
