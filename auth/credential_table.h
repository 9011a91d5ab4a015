// Answers of a provider by realm and name, bounded in number and bytes: the one that was used
// longest ago makes room. What may be used how long is credential_cache.h's matter.
//
// On one thread.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "auth/contract.h"
#include "server/base/time.h"

namespace culvert::auth {

class CredentialTable {
 public:
  struct Entry {
    std::string key;
    std::string realm;
    // The names that changes are told by; the same for most users.
    std::string username;
    std::string account;
    Answer answer;
    Instant asked_at;      // the store said so then
    bool suspect = false;  // something may have changed since
  };

  CredentialTable(size_t most_entries, size_t most_bytes)
      : most_entries_(most_entries), most_bytes_(most_bytes) {}

  // Null for none; good until the next Put or Erase.
  Entry* Find(std::string_view key);
  // Takes the place of one with the same key.
  void Put(Entry entry);
  void Erase(std::string_view key);
  // By either name. Of every realm when `realm` is empty.
  void EraseUser(std::string_view name, std::string_view realm);
  // All of the realm, all there are when it is empty.
  void SuspectRealm(std::string_view realm);
  void EraseRealm(std::string_view realm);

  size_t size() const { return entries_.size(); }
  size_t bytes() const { return bytes_; }

 private:
  using Entries = std::list<Entry>;  // the latest used first

  void Index(Entries::iterator entry);
  void Unindex(std::string_view name, Entries::iterator entry);
  void Erase(Entries::iterator entry);

  const size_t most_entries_;
  const size_t most_bytes_;
  size_t bytes_ = 0;
  Entries entries_;
  // Both hold views into the entries, which stay where they are.
  absl::flat_hash_map<std::string_view, Entries::iterator> by_key_;
  // A name may be there in several realms, and under several keys (its hash, its public names).
  std::unordered_multimap<std::string_view, Entries::iterator> by_name_;
};

}  // namespace culvert::auth
