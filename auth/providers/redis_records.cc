#include "auth/providers/redis_records.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "auth/base64.h"
#include "auth/hex.h"
#include "auth/keys.h"

namespace culvert::auth {
namespace {

using redis::Reply;

using Wrong = std::optional<std::string>;  // what is wrong

constexpr uint64_t kMost32 = std::numeric_limits<uint32_t>::max();
constexpr uint64_t kMost64 = std::numeric_limits<uint64_t>::max();
// Far beyond any date that is meant, and far below where a calendar of microseconds ends.
constexpr uint64_t kMostUnixSeconds = 99'999'999'999;

std::optional<uint64_t> Number(std::string_view text, uint64_t most) {
  uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value > most) return std::nullopt;
  return value;
}

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool IsMadeOfTexts(const Reply& reply) {
  return reply.is_array() && std::all_of(reply.elements().begin(), reply.elements().end(),
                                         [](const Reply& element) { return element.is_text(); });
}

// The fields of HGETALL: names and values in turn.
class Fields {
 public:
  explicit Fields(const Reply& hash) : elements_(hash.elements()) {}

  std::optional<std::string_view> Find(std::string_view name) const {
    for (size_t i = 0; i + 1 < elements_.size(); i += 2) {
      if (elements_[i].text() == name) return elements_[i + 1].text();
    }
    return std::nullopt;
  }

  // Each of these leaves `value` alone where there is no such field.
  Wrong Bytes(std::string_view name, MutableBytes bytes, bool* there) const {
    const auto text = Find(name);
    *there = text.has_value();
    if (!text || ParseHex(*text, bytes)) return std::nullopt;
    return std::string(name) + ": expected " + std::to_string(2 * bytes.size()) + " hex digits";
  }
  template <typename Array>
  Wrong Key(std::string_view name, std::optional<Array>* value) const {
    Array bytes;
    bool there = false;
    if (Wrong wrong = Bytes(name, bytes, &there)) return wrong;
    if (there) *value = bytes;
    return std::nullopt;
  }
  template <typename T>
  Wrong Count(std::string_view name, uint64_t most, std::optional<T>* value) const {
    const auto text = Find(name);
    if (!text) return std::nullopt;
    const auto number = Number(*text, most);
    if (!number) return std::string(name) + ": expected a number up to " + std::to_string(most);
    *value = static_cast<T>(*number);
    return std::nullopt;
  }
  Wrong Flag(std::string_view name, bool* value) const {
    const auto text = Find(name);
    if (!text) return std::nullopt;
    if (*text != "0" && *text != "1") return std::string(name) + ": expected 0 or 1";
    *value = *text == "1";
    return std::nullopt;
  }
  // A name: not empty where it is there.
  Wrong Name(std::string_view name, std::string* value) const {
    const auto text = Find(name);
    if (!text) return std::nullopt;
    if (text->empty()) return std::string(name) + ": is empty";
    *value = *text;
    return std::nullopt;
  }
  Wrong Ranges(std::string_view name, std::vector<AddressRange>* value) const {
    std::string_view rest = Find(name).value_or(std::string_view());
    while (!Trimmed(rest).empty()) {
      const size_t comma = std::min(rest.find(','), rest.size());
      const auto range = AddressRange::Parse(Trimmed(rest.substr(0, comma)));
      if (!range) return std::string(name) + ": expected address ranges with commas between them";
      value->push_back(*range);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return std::nullopt;
  }

 private:
  const std::vector<Reply>& elements_;
};

// The first complaint of `checks`, which are called in turn.
template <typename... Checks>
Wrong FirstWrong(Checks... checks) {
  Wrong wrong;
  (void)((wrong = checks(), wrong.has_value()) || ...);
  return wrong;
}

Wrong ReadExpiry(const Fields& fields, WallTime* expiry) {
  std::optional<int64_t> unix_seconds;
  if (Wrong wrong = fields.Count("expires", kMostUnixSeconds, &unix_seconds)) return wrong;
  if (unix_seconds) *expiry = WallTime(seconds(*unix_seconds));
  return std::nullopt;
}

Wrong ReadPolicy(const Fields& fields, Policy* policy) {
  return FirstWrong([&] { return fields.Count("user-quota", kMost32, &policy->user_quota); },
                    [&] { return fields.Count("max-bps", kMost64, &policy->max_bytes_per_second); },
                    [&] { return fields.Count("max-lifetime", kMost32, &policy->max_lifetime); },
                    [&] { return fields.Ranges("allowed-peer-ip", &policy->allowed_peers); },
                    [&] { return fields.Ranges("denied-peer-ip", &policy->denied_peers); });
}

// What every hash of ours has.
template <typename Record>
Wrong ReadCommon(const Fields& fields, Record* record) {
  return FirstWrong([&] { return ReadExpiry(fields, &record->expiry); },
                    [&] { return fields.Flag("barred", &record->barred); },
                    [&] { return ReadPolicy(fields, &record->policy); });
}

Wrong ReadDigest(const Fields& fields, DigestRecord* record) {
  Wrong wrong = FirstWrong([&] { return fields.Key("ha1", &record->keys.md5); },
                           [&] { return fields.Key("ha1-sha256", &record->keys.sha256); },
                           [&] { return fields.Name("subject", &record->subject); },
                           [&] { return ReadCommon(fields, record); });
  if (wrong || record->barred || record->keys.md5 || record->keys.sha256) return wrong;
  return std::string("has neither ha1 nor ha1-sha256");
}

// Whether what is there belongs together.
Wrong CheckBootstrapping(const GbaRecord& record, bool has_rand) {
  if (record.barred) return std::nullopt;
  if (record.ks) {
    if (!has_rand) return std::string("ks without rand");
    if (record.impi.empty()) return std::string("ks without impi");
    return std::nullopt;
  }
  if (!record.ks_naf && !record.ks_int_naf) return std::string("has neither ks-naf nor ks");
  if (record.naf.empty()) return std::string("ks-naf without naf, the name that it is for");
  return std::nullopt;
}

Wrong ReadGba(const Fields& fields, GbaRecord* record) {
  bool has_rand = false;
  return FirstWrong([&] { return fields.Key("ks-naf", &record->ks_naf); },
                    [&] { return fields.Key("ks-int-naf", &record->ks_int_naf); },
                    [&] { return fields.Name("naf", &record->naf); },
                    [&] { return fields.Key("ua", &record->ua); },
                    [&] { return fields.Key("ks", &record->ks); },
                    [&] { return fields.Bytes("rand", record->rand, &has_rand); },
                    [&] { return fields.Name("impi", &record->impi); },
                    [&] { return ReadCommon(fields, record); },
                    [&] { return CheckBootstrapping(*record, has_rand); });
}

// coturn writes every field, empty where it has nothing to say.
Wrong ReadTokenAlgorithm(const Fields& fields, TokenAlgorithm* algorithm) {
  const auto name = fields.Find("as_rs_alg");
  if (!name || name->empty()) return std::nullopt;
  const auto known = ParseTokenAlgorithm(*name);
  if (!known) return std::string("as_rs_alg: expected A256GCM or A128GCM");
  *algorithm = *known;
  return std::nullopt;
}

// Of a key that is longer than the algorithm wants the first bytes count, as in coturn.
Wrong ReadTokenKey(const Fields& fields, TokenKeyRecord* record) {
  const size_t size = TokenKeySize(record->algorithm);
  auto key = ParseBase64(fields.Find("ikm_key").value_or(std::string_view()));
  if (!key || key->size() < size) {
    return "ikm_key: expected base64 of " + std::to_string(size) + " bytes or more";
  }
  key->resize(size);
  record->key = std::move(*key);
  return std::nullopt;
}

// A key without a lifetime is good for ever.
Wrong ReadTokenExpiry(const Fields& fields, WallTime* expiry) {
  std::optional<int64_t> timestamp;
  std::optional<int64_t> lifetime;
  Wrong wrong = FirstWrong([&] { return fields.Count("timestamp", kMostUnixSeconds, &timestamp); },
                           [&] { return fields.Count("lifetime", kMost32, &lifetime); });
  if (!wrong && lifetime.value_or(0) != 0) {
    *expiry = WallTime(seconds(timestamp.value_or(0) + *lifetime)) + kTokenTolerance;
  }
  return wrong;
}

Wrong ReadTokenKeyRecord(const Fields& fields, TokenKeyRecord* record) {
  record->realm = fields.Find("realm").value_or(std::string_view());
  return FirstWrong([&] { return ReadTokenAlgorithm(fields, &record->algorithm); },
                    [&] { return ReadTokenKey(fields, record); },
                    [&] { return ReadTokenExpiry(fields, &record->expiry); });
}

template <typename Record>
Parsed<Record> ParseHash(const Reply& hash, Wrong (*read)(const Fields&, Record*)) {
  if (hash.is_nil()) return std::optional<Record>();
  if (!IsMadeOfTexts(hash) || hash.elements().size() % 2 != 0) {
    return Failure{std::string("is not a hash")};
  }
  if (hash.elements().empty()) return std::optional<Record>();
  Record record;
  if (Wrong wrong = read(Fields(hash), &record)) return Failure{std::move(*wrong)};
  return std::optional<Record>(std::move(record));
}

}  // namespace

Parsed<DigestRecord> ParseDigestRecord(const Reply& hash) {
  return ParseHash<DigestRecord>(hash, ReadDigest);
}

Parsed<GbaRecord> ParseGbaRecord(const Reply& hash) {
  return ParseHash<GbaRecord>(hash, ReadGba);
}

Parsed<TokenKeyRecord> ParseTokenKeyRecord(const Reply& hash) {
  return ParseHash<TokenKeyRecord>(hash, ReadTokenKeyRecord);
}

Parsed<Md5Key> ParseCoturnKey(const Reply& string) {
  if (string.is_nil()) return std::optional<Md5Key>();
  const auto key = string.is_text() ? ParseMd5Key(string.text()) : std::nullopt;
  if (!key) return Failure{std::string("expected 32 hex digits")};
  return key;
}

Parsed<std::vector<SecretText>> ParseSecrets(const Reply& set) {
  using Secrets = std::vector<SecretText>;
  if (set.is_nil() || (set.is_array() && set.elements().empty())) return std::optional<Secrets>();
  if (!IsMadeOfTexts(set)) return Failure{std::string("is not a set")};
  if (set.elements().size() > kMostSecrets) {
    return Failure{"holds more than " + std::to_string(kMostSecrets) + " secrets"};
  }
  Secrets secrets;
  for (const Reply& element : set.elements()) {
    if (element.text().empty()) return Failure{std::string("holds an empty secret")};
    secrets.emplace_back(std::string_view(element.text()));
  }
  std::sort(secrets.begin(), secrets.end(),
            [](const SecretText& a, const SecretText& b) { return a.view() < b.view(); });
  return std::optional<Secrets>(std::move(secrets));
}

Parsed<uint64_t> ParseLimit(const Reply& string, uint64_t most) {
  if (string.is_nil()) return std::optional<uint64_t>();
  const auto number = string.is_text() ? Number(string.text(), most) : std::nullopt;
  if (!number) return Failure{"expected a number up to " + std::to_string(most)};
  return number;
}

std::vector<AddressRange> ParseRanges(const Reply& set, std::string* wrong) {
  std::vector<AddressRange> ranges;
  if (!set.is_nil() && !IsMadeOfTexts(set)) *wrong = "is not a set";
  for (const Reply& element : set.elements()) {
    if (const auto range = AddressRange::Parse(element.text())) {
      ranges.push_back(*range);
    } else {
      *wrong = "expected addresses and ranges of them; the others hold";
    }
  }
  return ranges;
}

Parsed<std::string> ParseName(const Reply& string) {
  if (string.is_nil()) return std::optional<std::string>();
  if (!string.is_text() || string.text().empty()) return Failure{std::string("expected a name")};
  return std::optional<std::string>(string.text());
}

}  // namespace culvert::auth
