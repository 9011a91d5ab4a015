#include "server/statsdb/status_text.h"

#include <cstdio>

#include "server/turn/transport.h"

namespace culvert::statsdb {
namespace {

bool MustEscape(unsigned char c) {
  return c <= 0x20 || c == 0x7f || c == '/' || c == '%' || c == '"' || c == '\'' || c == '\\';
}

void AppendName(std::string* key, std::string_view name) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  for (const char letter : name) {
    const auto c = static_cast<unsigned char>(letter);
    if (!MustEscape(c)) {
      *key += letter;
      continue;
    }
    *key += '%';
    *key += kDigits[c >> 4];
    *key += kDigits[c & 15];
  }
}

// coturn pads its ids; whoever sorts or cuts them by their width finds the same here.
std::string IdText(observe::SessionId id) {
  char text[24];
  std::snprintf(text, sizeof text, "%018llu", static_cast<unsigned long long>(id));
  return text;
}

std::string NameOr(std::string_view name, const char* otherwise) {
  return name.empty() ? otherwise : std::string(name);
}

std::string LifetimeText(const char* what, seconds lifetime, std::string_view path_text) {
  return std::string(what) + " lifetime=" + std::to_string(lifetime.count()) + ", " +
         std::string(path_text);
}

relay::TrafficVolume Difference(const relay::TrafficVolume& now,
                                const relay::TrafficVolume& before) {
  return {now.packets - before.packets, now.bytes - before.bytes};
}

relay::SideTraffic Difference(const relay::SideTraffic& now, const relay::SideTraffic& before) {
  return {Difference(now.received, before.received), Difference(now.sent, before.sent)};
}

}  // namespace

std::string AllocationKey(std::string_view realm, std::string_view user, observe::SessionId id) {
  std::string key = "turn/";
  if (!realm.empty()) {
    key += "realm/";
    AppendName(&key, realm);
    key += '/';
  }
  key += "user/";
  AppendName(&key, user);
  key += "/allocation/";
  return key + IdText(id);
}

std::string PathText(const relay::AllocationFacts& facts) {
  return std::string("type=") + turn::TransportName(facts.transport) +
         ", local=" + facts.server.ToString() + ", remote=" + facts.client.ToString() +
         ", ssl=" + NameOr(facts.tls.version, "NONE") +
         ", cipher=" + NameOr(facts.tls.cipher, "NONE");
}

std::string NewText(seconds lifetime, std::string_view path_text) {
  return LifetimeText("new", lifetime, path_text);
}

std::string RefreshedText(seconds lifetime, std::string_view path_text) {
  return LifetimeText("refreshed", lifetime, path_text);
}

std::string TrafficText(const relay::SideTraffic& traffic) {
  return "rcvp=" + std::to_string(traffic.received.packets) +
         ", rcvb=" + std::to_string(traffic.received.bytes) +
         ", sentp=" + std::to_string(traffic.sent.packets) +
         ", sentb=" + std::to_string(traffic.sent.bytes);
}

relay::AllocationTraffic Difference(const relay::AllocationTraffic& now,
                                    const relay::AllocationTraffic& before) {
  return {Difference(now.client, before.client), Difference(now.peer, before.peer)};
}

}  // namespace culvert::statsdb
