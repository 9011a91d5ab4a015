// What operators see of one client session that has an allocation: a copy, made on the session's
// worker and read elsewhere.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/time.h"
#include "server/observe/log.h"

namespace culvert::observe {

struct SessionFacts {
  SessionId id{};
  std::string user{};     // as in USERNAME; empty without authentication, as are the next two
  std::string subject{};  // who that is for quotas, whatever the name
  std::string realm{};
  std::string transport{};
  std::string protocol{};  // of the relayed side: "udp" or "tcp"
  std::string client{};    // addresses as text
  std::string server{};
  std::vector<std::string> relayed{};
  seconds age{};           // since it was allocated
  seconds expires_in{};    // of the relayed address that lives longest, as last granted
  size_t permissions = 0;  // that are installed
  size_t channels = 0;
  size_t connections = 0;  // to peers (RFC 6062)
};

// Which of them: all conditions that are given hold.
struct SessionFilter {
  std::optional<SessionId> id{};
  std::optional<std::string> user{};  // the name or the subject

  bool Takes(SessionId of_id, std::string_view name, std::string_view subject) const {
    return (!id || *id == of_id) && (!user || *user == name || *user == subject);
  }
};

}  // namespace culvert::observe
