#include "server/redis/connection_string.h"

#include <algorithm>
#include <optional>

#include "server/redis/connection_words.h"
#include "server/redis/server_name.h"

namespace culvert::redis {
namespace {

using Error = std::optional<std::string>;

bool LooksLikeName(std::string_view text) {
  constexpr size_t kLongest = 24;
  return !text.empty() && text.size() <= kLongest &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || c == '-'; });
}

// Takes words one by one. What follows a secret may be a part of it that a blank cut off: such a
// word is never shown.
class WordReader {
 public:
  explicit WordReader(Draft* draft) : draft_(draft) {}

  Error Take(std::string_view text) {
    ++count_;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) return NotAWord("is not of the form word=value");
    return Set(text.substr(0, equals), text.substr(equals + 1));
  }

  Error Set(std::string_view name, std::string_view value) {
    const Word* const word = FindWord(name);
    if (word == nullptr) {
      return NotAWord(
          (!after_secret_ && LooksLikeName(name) ? "(" + std::string(name) + ") " : "") +
          "is not known; known are: " + AllNames());
    }
    after_secret_ = word->secret;
    if (word->set(*draft_, value)) return std::nullopt;
    return std::string(name) + "= takes " + std::string(word->allowed);
  }

 private:
  Error NotAWord(const std::string& what) const {
    std::string text = "the connection string's word " + std::to_string(count_) + " " + what;
    if (after_secret_) text += " (a value cannot hold a blank, a password neither)";
    return text;
  }

  Draft* draft_;
  int count_ = 0;
  bool after_secret_ = false;
};

std::optional<int> HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// RFC 3986 section 2.1. Nothing when a % is not followed by two digits.
std::optional<std::string> Unescape(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const auto high = HexDigit(text[i + 1]);
    const auto low = HexDigit(text[i + 2]);
    if (!high || !low) return std::nullopt;
    plain += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return plain;
}

// One URL. Its parts may all be pieces of a password with an unescaped / or @ in it, so errors show
// none of them.
class UrlReader {
 public:
  UrlReader(Draft* draft, WordReader* words) : draft_(draft), words_(words) {}

  Error Take(std::string_view url) {
    const size_t scheme_end = url.find("://");
    const std::string_view scheme = url.substr(0, scheme_end);
    std::string_view rest = url.substr(scheme_end + 3);
    const size_t question = rest.find('?');
    std::string_view query;
    if (question != std::string_view::npos) {
      query = rest.substr(question + 1);
      rest = rest.substr(0, question);
    }
    const size_t slash = std::min(rest.find('/'), rest.size());
    std::string_view authority = rest.substr(0, slash);
    if (Error error = TakeUser(&authority)) return error;
    draft_->settings.tls.on = scheme == "rediss";
    if (Error error = scheme == "unix" ? TakePath(authority, rest.substr(slash))
                                       : TakeServer(authority, rest.substr(slash))) {
      return error;
    }
    return TakeQuery(query);
  }

 private:
  // Cuts "user:password@" off.
  Error TakeUser(std::string_view* authority) {
    const size_t at = authority->rfind('@');
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view who = authority->substr(0, at);
    *authority = authority->substr(at + 1);
    const size_t colon = who.find(':');
    const auto user = Unescape(who.substr(0, colon));
    auto password = Unescape(colon == std::string_view::npos ? "" : who.substr(colon + 1));
    if (!user || !password) return "the URL's user or password has a % without two hex digits";
    draft_->settings.credentials.user = *user;
    draft_->settings.credentials.password = SecretText(std::move(*password));
    return std::nullopt;
  }

  Error TakeServer(std::string_view authority, std::string_view path) {
    if (!authority.empty()) {
      const auto server = ParseServerName(authority, kRedisPort);
      if (!server) {
        return "the URL's server is not host or host:port (in a password write / as %2F, ? as %3F)";
      }
      draft_->host = server->host;
      draft_->port = server->port;
    } else {
      draft_->host = ServerName().host;
    }
    if (path.size() <= 1) return std::nullopt;
    if (SetDatabase(*draft_, path.substr(1))) return std::nullopt;
    return "the URL's path is not the number of a database (in a password write / as %2F)";
  }

  Error TakePath(std::string_view authority, std::string_view path) {
    const auto plain = Unescape(path);
    if (authority.empty() && plain && SetPath(*draft_, *plain)) return std::nullopt;
    return "the URL's path is not the absolute path of a unix socket, up to 107 bytes";
  }

  Error TakeQuery(std::string_view query) {
    while (!query.empty()) {
      const size_t end = std::min(query.find('&'), query.size());
      const std::string_view piece = query.substr(0, end);
      query = query.substr(std::min(end + 1, query.size()));
      const size_t equals = piece.find('=');
      if (equals == std::string_view::npos) return "the URL's query is not word=value&word=value";
      auto value = Unescape(piece.substr(equals + 1));
      if (!value) return "the URL's query has a % without two hex digits";
      Error error = words_->Set(piece.substr(0, equals), *value);
      Wipe(&*value);
      if (error) return error;
    }
    return std::nullopt;
  }

  Draft* draft_;
  WordReader* words_;
};

bool IsUrl(std::string_view word) {
  return word.starts_with("redis://") || word.starts_with("rediss://") ||
         word.starts_with("unix://");
}

Error ReadAll(std::string_view text, Draft* draft) {
  constexpr std::string_view kBlanks = " \t\r\n";
  WordReader words(draft);
  bool first = true;
  for (;;) {
    const size_t begin = text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return std::nullopt;
    text = text.substr(begin);
    const std::string_view word = text.substr(0, text.find_first_of(kBlanks));
    text = text.substr(word.size());
    Error error = first && IsUrl(word) ? UrlReader(draft, &words).Take(word) : words.Take(word);
    if (error) return error;
    first = false;
  }
}

// What each word alone cannot see.
Error Contradiction(const Draft& draft) {
  const int ways = (draft.host || draft.port ? 1 : 0) + (draft.path.empty() ? 0 : 1) +
                   (draft.sentinels.empty() ? 0 : 1) + (draft.cluster.empty() ? 0 : 1);
  if (ways > 1) return "of ip= (with port=), path=, sentinel= and cluster= only one can be given";
  if (!draft.sentinels.empty() && draft.settings.master_name.empty()) {
    return "sentinel= needs master=, the name of the primary";
  }
  if (draft.sentinels.empty() &&
      !(draft.settings.master_name.empty() && draft.settings.sentinel_credentials.empty())) {
    return "master=, sentinel_user= and sentinel_password= need sentinel=";
  }
  if (!draft.cluster.empty() && draft.settings.database != 0) {
    return "a cluster has no database but dbname=0";
  }
  if (!draft.path.empty() && draft.settings.tls.on) return "tls= and path= exclude each other";
  return std::nullopt;
}

void NameServers(Draft* draft) {
  Settings& settings = draft->settings;
  if (!draft->sentinels.empty()) {
    settings.shape = Settings::Shape::kSentinel;
    settings.servers = std::move(draft->sentinels);
  } else if (!draft->cluster.empty()) {
    settings.shape = Settings::Shape::kCluster;
    settings.servers = std::move(draft->cluster);
  } else {
    ServerName& server = settings.servers.front();
    server.host = draft->host.value_or(server.host);
    server.port = draft->port.value_or(server.port);
    server.path = draft->path;
  }
}

}  // namespace

Result<std::shared_ptr<const Settings>, std::string> ParseConnectionString(std::string_view text,
                                                                           const Limits& limits) {
  Draft draft;
  Error error = ReadAll(text, &draft);
  if (!error) error = Contradiction(draft);
  if (error) return Failure{std::move(*error)};
  NameServers(&draft);
  draft.settings.limits = limits;
  return std::shared_ptr<const Settings>(std::make_shared<Settings>(std::move(draft.settings)));
}

}  // namespace culvert::redis
