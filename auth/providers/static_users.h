// The users that the configuration names: `user=name:password` or `user=name:0x<key>`, all in one
// realm. 32 hex digits are an MD5 key (SIP Digest's HA1), 64 one of SHA-256. Keys are derived once,
// when the table is loaded; the passwords are wiped then (RFC 8656 section 6: the key is what is
// stored).
//
// The table is immutable and shared by all workers; each worker has a StaticUsers of its own over
// it. Names and passwords are taken as they are written: a table that may hold finished keys cannot
// be normalised afterwards (RFC 8489 section 9.2.2), so text outside ASCII must arrive prepared.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auth/contract.h"
#include "server/base/secret_text.h"

namespace culvert::auth {

class StaticUserTable {
 public:
  // Loads every entry or none. Of entries with one name the last counts, as in coturn. The error
  // names the entry by its number, counted from 1, and by the user where one can be read, never by
  // its secret.
  static Result<std::shared_ptr<const StaticUserTable>, std::string> Load(
      std::string_view realm, std::vector<SecretText> entries);

  // Null for a name that is not in the table.
  CredentialPtr Find(std::string_view username) const;
  CredentialPtr FindByHash(ByteView userhash) const;
  Offers offers() const { return offers_; }
  const std::string& realm() const { return realm_; }
  size_t size() const { return users_.size(); }

 private:
  // Lets a string_view be looked up without making a string of it.
  struct NameHash {
    using is_transparent = void;
    size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
  };

  std::string realm_;
  // By USERNAME, since that is what a request carries.
  std::unordered_map<std::string, CredentialPtr, NameHash, std::equal_to<>> users_;
  std::map<UserHash, std::string> names_by_hash_;
  Offers offers_;
};

// Reads one entry. The error says what is wrong with it and contains nothing that stands behind the
// first colon, and nothing at all of an entry without one.
Result<Credential, std::string> ParseStaticUser(std::string_view realm, std::string_view entry);

class StaticUsers : public Provider {
 public:
  explicit StaticUsers(std::shared_ptr<const StaticUserTable> table) : table_(std::move(table)) {}

  // Takes another table from now on; what was handed out stays as it is.
  void Use(std::shared_ptr<const StaticUserTable> table) { table_ = std::move(table); }

  std::string_view name() const override { return "static"; }
  // Answers before returning. A question about another realm is about an unknown user.
  void Lookup(const Question& question, const Now& now, std::function<void(Answer)> done) override;
  Offers offers() const override { return table_->offers(); }

 private:
  std::shared_ptr<const StaticUserTable> table_;
};

}  // namespace culvert::auth
