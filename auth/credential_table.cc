#include "auth/credential_table.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace culvert::auth {
namespace {

bool InRealm(const CredentialTable::Entry& entry, std::string_view realm) {
  return realm.empty() || entry.realm == realm;
}

// What the containers and the credential take besides their texts; about right is enough.
size_t SizeOf(const CredentialTable::Entry& entry) {
  constexpr size_t kOverhead = 512;
  size_t size = kOverhead + entry.key.size() + entry.realm.size() + entry.username.size() +
                entry.account.size();
  if (!entry.answer.ok()) return size;
  const Credential& credential = **entry.answer;
  size += credential.username.size() + credential.subject.size() + credential.realm.size() +
          credential.account.size();
  size += credential.older_keys.size() * sizeof(IntegrityKeys);
  size += (credential.policy.allowed_peers.size() + credential.policy.denied_peers.size()) *
          sizeof(AddressRange);
  return size;
}

}  // namespace

CredentialTable::Entry* CredentialTable::Find(std::string_view key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return &*found->second;
}

void CredentialTable::Put(Entry entry) {
  Erase(entry.key);
  bytes_ += SizeOf(entry);
  entries_.push_front(std::move(entry));
  Index(entries_.begin());
  while (entries_.size() > most_entries_ || (bytes_ > most_bytes_ && entries_.size() > 1)) {
    Erase(std::prev(entries_.end()));
  }
}

void CredentialTable::Erase(std::string_view key) {
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) Erase(found->second);
}

void CredentialTable::Index(Entries::iterator entry) {
  by_key_.emplace(entry->key, entry);
  by_name_.emplace(entry->username, entry);
  if (entry->account != entry->username) by_name_.emplace(entry->account, entry);
}

void CredentialTable::Unindex(std::string_view name, Entries::iterator entry) {
  const auto [first, last] = by_name_.equal_range(name);
  const auto found = std::find_if(first, last, [&](const auto& at) { return at.second == entry; });
  if (found != last) by_name_.erase(found);
}

void CredentialTable::Erase(Entries::iterator entry) {
  bytes_ -= SizeOf(*entry);
  by_key_.erase(entry->key);
  Unindex(entry->username, entry);
  Unindex(entry->account, entry);
  entries_.erase(entry);
}

void CredentialTable::EraseUser(std::string_view name, std::string_view realm) {
  const auto [first, last] = by_name_.equal_range(name);
  std::vector<Entries::iterator> found;
  for (auto it = first; it != last; ++it) {
    if (InRealm(*it->second, realm)) found.push_back(it->second);
  }
  for (const auto& entry : found) Erase(entry);
}

void CredentialTable::SuspectRealm(std::string_view realm) {
  for (Entry& entry : entries_) {
    if (InRealm(entry, realm)) entry.suspect = true;
  }
}

void CredentialTable::EraseRealm(std::string_view realm) {
  for (auto it = entries_.begin(); it != entries_.end();) {
    const auto here = it++;
    if (InRealm(*here, realm)) Erase(here);
  }
}

}  // namespace culvert::auth
