#include "server/redis/connection_words.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "server/redis/server_name.h"

namespace culvert::redis {
namespace {

bool SetText(std::string* text, std::string_view value) {
  *text = value;
  return !value.empty();
}

bool SetHost(Draft& draft, std::string_view value) {
  if (value.starts_with('[') && value.ends_with(']')) value = value.substr(1, value.size() - 2);
  draft.host = value;
  return IsHost(value);
}

bool SetPort(Draft& draft, std::string_view value) {
  draft.port = ParsePort(value);
  return draft.port.has_value();
}

bool SetServers(std::vector<ServerName>* servers, std::string_view value, uint16_t port) {
  servers->clear();
  for (;;) {
    const size_t comma = value.find(',');
    const auto server = ParseServerName(value.substr(0, comma), port);
    if (!server) return false;
    servers->push_back(*server);
    if (comma == std::string_view::npos) return true;
    value = value.substr(comma + 1);
  }
}

bool SetFlag(bool* flag, std::string_view value) {
  constexpr std::array<std::string_view, 4> kYes = {"true", "yes", "on", "1"};
  constexpr std::array<std::string_view, 4> kNo = {"false", "no", "off", "0"};
  *flag = std::find(kYes.begin(), kYes.end(), value) != kYes.end();
  return *flag || std::find(kNo.begin(), kNo.end(), value) != kNo.end();
}

bool SetVerify(Draft& draft, std::string_view value) {
  draft.settings.tls.verify = value != "none";
  return value == "peer" || value == "none";
}

// 0 leaves the default, as coturn has it.
bool SetSeconds(milliseconds* time, std::string_view value) {
  constexpr double kLongest = 3600;
  double given = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, given, std::chars_format::fixed);
  if (error != std::errc() || stop != end || !(given >= 0 && given <= kLongest)) return false;
  if (given > 0) *time = std::max(milliseconds(std::llround(given * 1000)), milliseconds(1));
  return true;
}

// The first thirteen are coturn's (4.6 to 4.18), by all of their names.
const std::vector<Word>& Words() {
  static const std::vector<Word> words = {
      {{"host", "ip", "addr", "ipaddr", "hostaddr"}, "a host name or an IP address", SetHost},
      {{"port", "p"}, "1 to 65535", SetPort},
      {{"dbname", "db", "database"}, "the number of a database, from 0", SetDatabase},
      {{"user", "uname", "name", "username"},
       "the name of an ACL user",
       [](Draft& d, std::string_view v) { return SetText(&d.settings.credentials.user, v); }},
      {{"password", "pwd", "passwd", "secret"},
       "any text without a blank",
       [](Draft& d, std::string_view v) {
         d.settings.credentials.password = SecretText(v);
         return true;
       },
       true},
      {{"connect_timeout", "timeout"},
       "seconds, up to 3600",
       [](Draft& d, std::string_view v) { return SetSeconds(&d.settings.connect_timeout, v); }},
      {{"tls", "ssl"},
       "true or false",
       [](Draft& d, std::string_view v) { return SetFlag(&d.settings.tls.on, v); }},
      {{"ca", "cacert", "tls-ca"},
       "a file of authorities",
       [](Draft& d, std::string_view v) { return SetText(&d.settings.tls.ca_file, v); }},
      {{"capath", "tls-capath"},
       "a folder of authorities",
       [](Draft& d, std::string_view v) { return SetText(&d.settings.tls.ca_path, v); }},
      {{"cert", "tls-cert"},
       "a certificate file",
       [](Draft& d, std::string_view v) { return SetText(&d.settings.tls.cert_file, v); }},
      {{"clientkey", "key", "tls-key"},
       "a key file",
       [](Draft& d, std::string_view v) { return SetText(&d.settings.tls.key_file, v); }},
      {{"sni", "servername", "tls-sni"},
       "the name in the server's certificate",
       [](Draft& d, std::string_view v) {
         d.settings.tls.server_name = v;
         return IsHost(v);
       }},
      {{"verify", "tls-verify"}, "peer or none", SetVerify},
      {{"path", "unix"}, "the absolute path of a unix socket, up to 107 bytes", SetPath},
      {{"sentinel"},
       "host[:port][,host[:port]...]",
       [](Draft& d, std::string_view v) { return SetServers(&d.sentinels, v, kSentinelPort); }},
      {{"master"},
       "the name of a primary that the sentinels know",
       [](Draft& d, std::string_view v) { return SetText(&d.settings.master_name, v); }},
      {{"sentinel_user"},
       "the name of an ACL user",
       [](Draft& d, std::string_view v) {
         return SetText(&d.settings.sentinel_credentials.user, v);
       }},
      {{"sentinel_password"},
       "any text without a blank",
       [](Draft& d, std::string_view v) {
         d.settings.sentinel_credentials.password = SecretText(v);
         return true;
       },
       true},
      {{"cluster"},
       "host[:port][,host[:port]...]",
       [](Draft& d, std::string_view v) { return SetServers(&d.cluster, v, kRedisPort); }},
      {{"command_timeout"},
       "seconds, up to 3600",
       [](Draft& d, std::string_view v) { return SetSeconds(&d.settings.command_timeout, v); }},
      {{"client_name"},
       "a name to show in CLIENT LIST",
       [](Draft& d, std::string_view v) { return SetText(&d.settings.client_name, v); }},
  };
  return words;
}

}  // namespace

bool SetPath(Draft& draft, std::string_view value) {
  constexpr size_t kLongestPath = 107;  // unix(7): sun_path with its final zero
  draft.path = value;
  return value.starts_with('/') && value.size() <= kLongestPath;
}

bool SetDatabase(Draft& draft, std::string_view value) {
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, draft.settings.database);
  return error == std::errc() && stop == end && draft.settings.database >= 0;
}

const Word* FindWord(std::string_view name) {
  for (const Word& word : Words()) {
    if (std::find(word.names.begin(), word.names.end(), name) != word.names.end()) return &word;
  }
  return nullptr;
}

std::string AllNames() {
  std::string all;
  for (const Word& word : Words()) {
    if (!all.empty()) all += ", ";
    all += word.names.front();
  }
  return all;
}

}  // namespace culvert::redis
