// Who may use the relay.

#include <algorithm>
#include <array>
#include <cctype>

#include "server/config/option_groups.h"
#include "server/config/option_row.h"
#include "server/config/setters.h"

namespace culvert::config {
namespace {

// RFC 8489 section 14.9: fewer than 128.
constexpr size_t kMaxRealmCharacters = 127;
// What seals nonces must not be guessable.
constexpr size_t kMinClusterSecretBytes = 16;

std::optional<std::string> AddUser(Options& options, std::string_view value) {
  const size_t colon = value.find(':');
  if (!IsPlainText(value) || colon == std::string_view::npos || colon == 0 ||
      colon + 1 == value.size()) {
    return std::string("expected name:password or name:0xKEY");
  }
  const std::string_view password = value.substr(colon + 1);
  if (password.starts_with("0x")) {
    const std::string_view key = password.substr(2);
    const bool is_hex =
        std::all_of(key.begin(), key.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
    if ((key.size() != 32 && key.size() != 64) || !is_hex) {
      return std::string(
          "a key is 0x and the MD5 (32 hexadecimal digits) or SHA-256 (64) of name:realm:password");
    }
  }
  options.users.emplace_back(value);
  return std::nullopt;
}

// Each line of the file as a value of its own. `empty` is the complaint about a file without lines;
// without one such a file is welcome.
std::optional<std::string> AddLines(Options& options, std::string_view file, Setter add,
                                    const char* empty = nullptr) {
  const auto lines = ReadSecretLines(file);
  if (!lines) return lines.error();
  if (lines.value().empty() && empty != nullptr) return std::string(empty);
  for (const std::string& line : lines.value()) {
    if (auto wrong = add(options, line)) return "a line in it: " + *wrong;
  }
  return std::nullopt;
}

std::optional<std::string> AddUserFile(Options& options, std::string_view value) {
  return AddLines(options, value, AddUser);
}

std::optional<std::string> AddSecret(Options& options, std::string_view value) {
  if (!IsPlainText(value)) return std::string(kExpectedText);
  options.static_auth_secrets.emplace_back(value);
  options.use_auth_secret = true;
  return std::nullopt;
}

std::optional<std::string> AddSecretFile(Options& options, std::string_view value) {
  return AddLines(options, value, AddSecret, "holds no secret: one secret a line is expected");
}

std::optional<std::string> AddOauthKey(Options& options, std::string_view value) {
  if (!IsPlainText(value) || std::count(value.begin(), value.end(), ':') != 2) {
    return std::string("expected key-id:A256GCM:base64-key");
  }
  options.oauth_keys.emplace_back(value);
  options.oauth = true;
  return std::nullopt;
}

std::optional<std::string> AddOauthKeyFile(Options& options, std::string_view value) {
  return AddLines(options, value, AddOauthKey, "holds no key: one key a line is expected");
}

std::optional<std::string> SetClusterSecret(Options& options, std::string_view value) {
  if (!IsPlainText(value) || value.size() < kMinClusterSecretBytes) {
    return std::string("expected at least 16 characters, best from a random source");
  }
  options.cluster_secret = std::string(value);
  return std::nullopt;
}

std::optional<std::string> SetRealm(Options& options, std::string_view value) {
  if (!IsPlainText(value) || value.size() > kMaxRealmCharacters)
    return std::string("expected up to 127 characters");
  options.realm = std::string(value);
  return std::nullopt;
}

std::optional<std::string> AddRealmOf(Options& options, std::string_view value) {
  const size_t equals = value.find('=');
  const std::string_view realm = value.substr(std::min(equals, value.size() - 1) + 1);
  if (!IsPlainText(value) || equals == std::string_view::npos || equals == 0 || realm.empty() ||
      realm.size() > kMaxRealmCharacters) {
    return std::string(
               "expected ORIGIN=REALM, such as https://example.org=example.org, or a TLS ") +
           "server name in place of the origin";
  }
  options.realms_of.push_back({std::string(value.substr(0, equals)), std::string(realm)});
  return std::nullopt;
}

constexpr std::pair<std::string_view, UserSource> kSources[] = {
    {"static", UserSource::kStatic}, {"secret", UserSource::kSecret}, {"oauth", UserSource::kOauth},
    {"plugin", UserSource::kPlugin}, {"redis", UserSource::kRedis},
};

std::optional<UserSource> SourceNamed(std::string_view name) {
  const auto source = std::find_if(std::begin(kSources), std::end(kSources),
                                   [&](const auto& known) { return known.first == name; });
  if (source == std::end(kSources)) return std::nullopt;
  return source->second;
}

// All of them, each once: one that is left out by mistake would lock its users out.
std::optional<std::string> SetAuthOrder(Options& options, std::string_view value) {
  const std::string wrong =
      "expected static, secret, oauth, plugin and redis in some order, with commas between them";
  std::vector<UserSource> order;
  for (size_t begin = 0; begin <= value.size();) {
    const size_t end = std::min(value.find(',', begin), value.size());
    const auto source = SourceNamed(value.substr(begin, end - begin));
    if (!source || std::find(order.begin(), order.end(), *source) != order.end()) return wrong;
    order.push_back(*source);
    begin = end + 1;
  }
  if (order.size() != std::size(kSources)) return wrong;
  options.auth_order = std::move(order);
  return std::nullopt;
}

std::optional<std::string> SetPasswordAlgorithms(Options& options, std::string_view value) {
  if (value == "auto") {
    options.password_algorithms = PasswordAlgorithms::kAuto;
  } else if (value == "md5") {
    options.password_algorithms = PasswordAlgorithms::kMd5;
  } else if (value == "none") {
    options.password_algorithms = PasswordAlgorithms::kNone;
  } else {
    return std::string("expected auto, md5 or none");
  }
  return std::nullopt;
}

std::optional<std::string> SetSeparator(Options& options, std::string_view value) {
  if (!IsPlainText(value) || value.size() != 1) return std::string("expected one character");
  options.rest_api_separator = value.front();
  return std::nullopt;
}

// More would cost less than the microsecond that time is counted in.
constexpr uint32_t kMaxFailures = 100'000;

constexpr std::array kOptions = {
    Value("realm", 'r', "NAME", "the host's domain, else culvert", SetRealm,
          "Realm that users belong to; part of every long-term key."),
    Repeatable(
        Value("realm-of", kNoLetter, "ORIGIN=REALM", "none", AddRealmOf,
              "Clients whose ORIGIN, or else TLS server name, is ORIGIN are asked for REALM. "
              "All realms are served on every listener.")),
    Flag("lt-cred-mech", 'a', "no", SetFlag<&Options::long_term_credentials>,
         "Users prove who they are by long-term credentials. Users and secrets imply it."),
    Secret(Repeatable(Value("user", 'u', "NAME:PASSWORD", "none", AddUser,
                            "A user. In place of the password: 0x and the MD5 or SHA-256 of "
                            "name:realm:password in hexadecimal."))),
    Repeatable(
        Value("user-file", kNoLetter, "FILE", "none", AddUserFile,
              "A file with one NAME:PASSWORD a line; lines that begin with # are comments.")),
    Flag("use-auth-secret", kNoLetter, "no", SetFlag<&Options::use_auth_secret>,
         "Users come with names and passwords derived from a shared secret and valid for a time "
         "(TURN REST API). A secret implies it."),
    Secret(Repeatable(Value("static-auth-secret", kNoLetter, "SECRET", "none", AddSecret,
                            "The shared secret. Several are tried in turn, so that a secret can be "
                            "replaced without a break."))),
    Repeatable(
        Value("static-auth-secret-file", kNoLetter, "FILE", "none", AddSecretFile,
              "A file with one shared secret a line; lines that begin with # are comments.")),
    Value("rest-api-separator", 'C', "CHARACTER", ":", SetSeparator,
          "What stands between time and user in a TURN REST name."),
    Flag("no-auth", 'z', "no", SetFlag<&Options::no_auth>,
         "Anybody may relay without credentials: an open relay. Users and secrets contradict it."),
    Flag("secure-stun", kNoLetter, "no", SetFlag<&Options::secure_stun>,
         "Binding wants credentials, too."),
    Value(
        "password-algorithms", kNoLetter, "auto|md5|none", "auto", SetPasswordAlgorithms,
        "Which hashes of passwords are announced (RFC 8489): SHA-256 and MD5 where every user has "
        "both keys, else MD5 alone; or none, as before RFC 8489."),
    Flag("userhash", kNoLetter, "yes", SetFlag<&Options::userhash>,
         "Announce that names may come hashed (USERHASH), where every user can be found so."),
    Value("least-sha256-integrity", kNoLetter, "BYTES", "32",
          SetNumber<&Options::least_sha256_integrity, 16, 32>,
          "Shortest MESSAGE-INTEGRITY-SHA256 that is taken. TURN sends all 32 bytes; less helps "
          "only clients that cut it."),
    OptionalValue("stale-nonce", "SECONDS", "600", SetNumber<&Options::stale_nonce, 0, kMaxSeconds>,
                  "How long a nonce is good; 0: for ever."),
    Secret(Value("cluster-secret", kNoLetter, "SECRET", "random", SetClusterSecret,
                 "Seals nonces and handles. The same on all nodes behind one address makes them "
                 "valid on each, and over restarts.")),
    Flag("unauthorized-ratelimit", kNoLetter, "yes", SetFlag<&Options::unauthorized_ratelimit>,
         "Ration datagrams of clients without an allocation, and error answers to them, by source "
         "address."),
    Value("unauthorized-ratelimit-rps", kNoLetter, "NUMBER", "500",
          SetNumber<&Options::unauthorized_ratelimit_rps, 1, kMax32>,
          "How many error answers a second a worker gives to one source address (an IPv6 /64) that "
          "has not shown a right key over UDP."),
    Value("auth-failures-per-source", kNoLetter, "NUMBER", "10",
          SetNumber<&Options::auth_failures_per_source, 0, kMaxFailures>,
          "Failed authentications a second of one source address (an IPv6 /64) on a worker; beyond "
          "them failing ones go unanswered, or are answered late. 0: no limit."),
    Value(
        "auth-failures-per-user", kNoLetter, "NUMBER", "10",
        SetNumber<&Options::auth_failures_per_user, 0, kMaxFailures>,
        "Failed authentications a minute as one user on a worker; beyond them only one in 10 s is "
        "looked at from a source where he has not succeeded lately. 0: no limit, also for one "
        "source that guesses one user."),
    Value("cluster-secret-file", kNoLetter, "FILE", "none", SetOneLine<SetClusterSecret>,
          "A file whose one line is the cluster-secret."),

    Flag("oauth", kNoLetter, "no", SetFlag<&Options::oauth>,
         "Users may come with access tokens (RFC 7635), whose keys may be in Redis, too. A key "
         "implies it."),
    Secret(Repeatable(Value("oauth-key", kNoLetter, "KID:ALGORITHM:KEY", "none", AddOauthKey,
                            "What an authorization server seals tokens with: key id, A256GCM or "
                            "A128GCM, key in base64."))),
    Repeatable(
        Value("oauth-key-file", kNoLetter, "FILE", "none", AddOauthKeyFile,
              "A file with one KID:ALGORITHM:KEY a line; lines that begin with # are comments.")),
    Value("server-name", kNoLetter, "NAME", "the realm", SetText<&Options::server_name>,
          "What the authorization server calls this relay; tokens are sealed for that name."),
    Value("auth-plugin", kNoLetter, "FILE", "none", SetText<&Options::auth_plugin>,
          "A shared object of your own that knows the users; see docs/authentication.md."),
    Secret(Value("auth-plugin-config", kNoLetter, "TEXT", "none",
                 SetText<&Options::auth_plugin_config>, "What the shared object is told.")),
    Value("auth-order", kNoLetter, "LIST", "static,secret,oauth,plugin,redis", SetAuthOrder,
          "In which order users are looked for; the first that knows one answers."),
    NoEffectFlag("check-origin-consistency", "no",
                 "ORIGIN only chooses the realm that is asked for"),
    NoEffectFlag("stateless-nonce", "yes", "nonces are always stateless"),
    Secret(NoEffectValue("stateless-nonce-secret", "SECRET", "",
                         "cluster-secret seals nonces, on one node and on many")),
    NoEffectFlag("mobility", "no", "MOBILITY-TICKET (RFC 8016) is not offered"),
    NoEffectFlag("no-auth-pings", "yes", "the connection to Redis is watched by itself"),
    NoEffectFlag("no-dynamic-ip-list", "no",
                 "a realm's lists in Redis are read with each user, and never by KEYS"),
    Flag("no-dynamic-realms", kNoLetter, "no", SetFlag<&Options::dynamic_realms, false>,
         "The realms of web origins (turn/origin/*) are not read from redis-userdb."),
    NoEffectValue("secret-ts-exp-time", "SECONDS", "",
                  "obsolete: a TURN REST name carries the time of its end"),
};

}  // namespace

std::span<const Option> AuthenticationOptions() {
  return kOptions;
}

}  // namespace culvert::config
