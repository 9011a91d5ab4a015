// Whatever lies in Redis, reading it ends with a record, with nothing, or with a complaint that
// does not repeat it. The input is a list of texts with line ends between them, which becomes each
// kind of reply.

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "auth/providers/redis_answer.h"
#include "auth/providers/redis_keys.h"
#include "auth/providers/redis_records.h"

namespace {

using culvert::auth::UserReplies;
using culvert::redis::Reply;

std::vector<Reply> Lines(std::string_view text) {
  std::vector<Reply> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(Reply::Text(Reply::Type::kString, std::string(text.substr(0, end))));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// A complaint goes to the log and holds nothing that could be a key: no run of so many hex digits.
template <typename T>
void Check(const culvert::auth::Parsed<T>& parsed) {
  if (parsed.ok()) return;
  constexpr size_t kKeyDigits = 32;
  size_t digits = 0;
  for (const unsigned char c : parsed.error()) {
    digits = std::isxdigit(c) != 0 ? digits + 1 : 0;
    if (digits == kKeyDigits) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace culvert::auth;
  const std::string text(culvert::AsText({data, size}));
  const Reply string = Reply::Text(Reply::Type::kString, text);
  const Reply array = Reply::Array(Lines(text));
  const AskedUser asked{"1800000000:alice", "1800000000:alice", "culvert.test", {}, {}};
  for (const Reply& reply : {string, array}) {
    Check(ParseDigestRecord(reply));
    Check(ParseGbaRecord(reply));
    Check(ParseTokenKeyRecord(reply));
    Check(ParseCoturnKey(reply));
    Check(ParseSecrets(reply));
    Check(ParseName(reply));
    const UserReplies replies{reply, reply, reply, reply, reply, reply, reply, reply, reply, reply};
    std::vector<Finding> findings;
    const Answer answer = AnswerFrom(asked, replies, {}, &findings);
    if (answer.ok() && *answer == nullptr) std::abort();
  }
  ConcernedBy(text);
  TokenKeyIdIn(text);
  return 0;
}
