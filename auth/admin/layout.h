// What lies where in Redis, as far as it is addressed by a name: kinds of records, their keys, and
// what in them is secret. docs/redis.md has it for operators.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace culvert::auth::admin {

enum class Kind : uint8_t {
  kUser,    // turn/realm/<realm>/user/<name>/key: a string, coturn's
  kDigest,  // culvert/digest/<realm>/<name>: a hash
  kGba,     // culvert/gba/<B-TID>: a hash
  kSecret,  // turn/realm/<realm>/secret: a set, coturn's
  kOauth,   // turn/oauth/kid/<name>: a hash, coturn's
  kRealm,   // turn/realm/<realm>/<limit>, turn/origin/<origin>: coturn's
};

// "user", "digest", ...
const char* NameOf(Kind kind);

// What is called by one name and lies under one key: user, digest, gba, oauth.
struct RecordName {
  Kind kind;
  std::string realm;  // empty where the kind has none
  std::string name;

  friend bool operator==(const RecordName&, const RecordName&) = default;
};

bool HasRealm(Kind kind);

// REQUIRES: not kSecret, not kRealm. Nor in the next two.
std::string KeyOf(const RecordName& record);
// Of all records, or with a realm of its records, for SCAN. May match other keys, too.
std::string PatternOf(Kind kind, const std::string& realm);
// nullopt for a key of any other kind.
std::optional<RecordName> RecordOf(Kind kind, std::string_view key);

inline constexpr std::string_view kOriginPrefix = "turn/origin/";

// "user gorst in north.gov"
std::string Describe(const RecordName& record);

// Fields that open something to whoever reads them.
bool IsSecretField(std::string_view field);
// Of a record of ours; those that a command line may set.
const std::vector<std::string_view>& FieldsOf(Kind kind);

// Names that no key can be made of, or that a reader of coturn's would take for something else. The
// error is a clause: "must not hold a /".
std::optional<std::string> WrongRealm(std::string_view realm);
std::optional<std::string> WrongName(std::string_view name);

}  // namespace culvert::auth::admin
