// Which realms are served, and which of them a client is asked for before it has said who it is.
//
// The first 401 names one realm, so the choice is made by what the client shows before: ORIGIN
// (draft-ietf-tram-stun-origin), or the name in its ClientHello. With SIP Digest and GBA users on
// one address the names differ (SIP's home domain, 3GPP-bootstrapping@<FQDN>); see
// docs/authentication.md.
//
// A value; immutable while in use.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace culvert::turn {

class Realms {
 public:
  Realms() : Realms("culvert") {}
  // `default_realm` is for everybody whom nothing else fits.
  explicit Realms(std::string default_realm);

  // Serves `realm` and asks those for it who come with `origin`: a web origin (scheme://host, as in
  // ORIGIN), or a host name as in the TLS server name.
  void Add(std::string_view origin, std::string realm);
  // The same, unless there is a realm for `origin` already.
  void AddIfFree(std::string_view origin, std::string realm);
  // Serves `realm` to those who name it themselves.
  void Serve(std::string realm);

  const std::string& default_realm() const { return default_realm_; }
  bool Serves(std::string_view realm) const { return served_.contains(realm); }
  // Of the client's ORIGIN and TLS server name, each empty if it showed none; ORIGIN goes first.
  const std::string& For(std::string_view origin, std::string_view server_name) const;

  // As origins are compared: lower case, without the scheme's own port and without a path.
  static std::string Canonical(std::string_view origin);

 private:
  std::string default_realm_;
  std::set<std::string, std::less<>> served_;
  std::map<std::string, std::string, std::less<>> by_origin_;
};

}  // namespace culvert::turn
