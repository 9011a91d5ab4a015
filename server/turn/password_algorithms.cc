#include "server/turn/password_algorithms.h"

#include <algorithm>
#include <array>
#include <optional>

namespace culvert::turn {
namespace {

using stun::AttributeType;
using stun::Message;
using stun::PasswordAlgorithm;

// Of each: number, length of the parameters; neither has parameters (RFC 8489 section 18.5.1).
constexpr size_t kEntrySize = 4;
constexpr std::array<uint8_t, 2 * kEntrySize> kBestFirst = {0, 2, 0, 0, 0, 1, 0, 0};
constexpr ByteView kSha256AndMd5 = kBestFirst;
constexpr ByteView kMd5 = ByteView(kBestFirst).subspan(kEntrySize);

std::optional<PasswordAlgorithm> AlgorithmOf(ByteView entry) {
  if (entry.size() != kEntrySize || LoadBig16(entry.data() + 2) != 0) return std::nullopt;
  const auto algorithm = static_cast<PasswordAlgorithm>(LoadBig16(entry.data()));
  if (algorithm != PasswordAlgorithm::kMd5 && algorithm != PasswordAlgorithm::kSha256) {
    return std::nullopt;
  }
  return algorithm;
}

bool Lists(ByteView announced, ByteView entry) {
  for (; !announced.empty(); announced = announced.subspan(kEntrySize)) {
    if (std::ranges::equal(announced.first(kEntrySize), entry)) return true;
  }
  return false;
}

}  // namespace

ByteView PasswordAlgorithms(const auth::SecurityFeatures& features) {
  return features.sha256 ? kSha256AndMd5 : kMd5;
}

bool KeepsToPasswordAlgorithms(const Message& message) {
  const auto repeated = message.Find(AttributeType::kPasswordAlgorithms);
  const auto chosen = message.Find(AttributeType::kPasswordAlgorithm);
  // Neither is how clients of RFC 5389 come, whatever the nonce announced.
  if (!repeated && !chosen) return true;
  const auto features =
      auth::NonceSealer::FeaturesOf(message.Text(AttributeType::kNonce).value_or(""));
  if (!features.password_algorithms) return !chosen || AlgorithmOf(*chosen).has_value();
  if (!repeated || !chosen) return false;
  const ByteView announced = PasswordAlgorithms(features);
  return std::ranges::equal(*repeated, announced) && Lists(announced, *chosen);
}

PasswordAlgorithm ChosenPasswordAlgorithm(const Message& message) {
  const auto chosen = message.Find(AttributeType::kPasswordAlgorithm);
  if (!chosen) return PasswordAlgorithm::kMd5;
  return AlgorithmOf(*chosen).value_or(PasswordAlgorithm::kMd5);
}

}  // namespace culvert::turn
