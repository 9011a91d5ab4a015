// Questions as the relay asks them, and a provider's immediate answer to one.
#pragma once

#include <optional>
#include <string_view>

#include "auth/contract.h"

namespace culvert::auth {

inline constexpr std::string_view kRealm = "culvert.test";

inline Question QuestionAbout(std::string_view username, std::string_view realm = kRealm) {
  return {username, realm, ClientAddress(IpAddress::V4(192, 0, 2, 1), 40000),
          ServerAddress(IpAddress::V4(198, 51, 100, 1), 443), stun::Method::kAllocate};
}

inline Now At(int64_t unix_seconds) {
  return {Instant{}, WallTime(seconds(unix_seconds))};
}

// nullopt when the provider has not answered by the time it returns.
inline std::optional<Answer> AnswerOf(Provider& provider, const Question& question,
                                      const Now& now = At(1700000000)) {
  std::optional<Answer> got;
  provider.Lookup(question, now, [&got](Answer answer) { got = std::move(answer); });
  return got;
}

// The refusal, or nullopt for a credential and for no answer.
inline std::optional<Refusal> RefusalOf(const std::optional<Answer>& answer) {
  if (!answer || answer->ok()) return std::nullopt;
  return answer->error();
}

}  // namespace culvert::auth
