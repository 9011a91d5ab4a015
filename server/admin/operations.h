// What operators do to a running relay over HTTP: list its sessions, end some, drain it. Who may is
// told by the admin token alone: `Authorization: Bearer <token>`. Without a token in the
// configuration nobody may.
//
//   GET  /sessions?user=NAME&id=ID&limit=NUMBER   200: {"sessions": [...], "complete": true}
//   POST /kick?user=NAME or ?id=ID                200: {"ended": NUMBER}
//   POST /drain?timeout=SECONDS                   200: {"allocations": NUMBER}
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "server/base/secret_text.h"
#include "server/base/time.h"
#include "server/net/http_server.h"
#include "server/observe/session_facts.h"

namespace culvert::admin {

// What the pages ask of the relay, on main's thread. nullopt: it did not answer in time.
class Relay {
 public:
  virtual ~Relay() = default;
  virtual std::optional<std::vector<observe::SessionFacts>> ListSessions(
      const observe::SessionFilter& filter, size_t most) = 0;
  virtual std::optional<size_t> EndSessions(const observe::SessionFilter& filter) = 0;
  // Ends the process when the last allocation has ended or `timeout` has passed; nullopt: as
  // configured.
  virtual void Drain(std::optional<seconds> timeout) = 0;
  virtual int64_t allocations() const = 0;
};

// As many sessions as one page lists without `limit`, and at most: a longer list would hold up the
// workers that write it.
inline constexpr size_t kSessionsOfPage = 1000;
inline constexpr size_t kMostSessionsOfPage = 20'000;

// Adds the pages to `pages`. `relay` outlives them.
void AddOperations(Relay& relay, SecretText token, net::HttpPages* pages);

}  // namespace culvert::admin
