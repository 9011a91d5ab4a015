// What a command line asks for, before anything is done: filled by command_line.cc (or turnadmin.cc
// from coturn's options), read by the commands.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "auth/admin/layout.h"
#include "auth/admin/secret_input.h"

namespace culvert::auth::admin {

struct Request {
  // Where.
  std::string redis;   // a connection string
  std::string config;  // a turnserver.conf that has one
  std::string file;    // a user file in their place

  // What.
  Kind kind = Kind::kUser;
  std::string realm;
  std::string name;
  std::map<std::string, std::string> fields;  // of a hash; limits of a realm
  std::string keys_file;                      // more fields
  SecretSource secret;                        // a password, or a shared secret
  bool every_secret = false;
  bool ask_password = false;  // for a change; a new record asks anyway
  std::vector<std::string> impus;
  bool userhash = false;
  bool expire_key = false;
  std::vector<std::string> allowed;
  std::vector<std::string> denied;
  std::vector<std::string> origins;

  // How.
  bool replace = false;
  bool as_password = false;  // in a user file: the password itself
  bool as_sha256 = false;    // in a user file: a SHA-256 key
  bool show_secrets = false;
  bool json = false;
  bool quiet = false;  // as turnadmin: what was asked for, and no word about what was done

  // list-sessions, kick, drain
  std::string node = "127.0.0.1:9641";
  std::string session;
  std::string limit;
  std::string timeout;

  // dump, restore
  std::string dump_file;

  // key, credential
  std::string ck;
  std::string ik;
  std::string rand;
  std::string impi;
  std::string naf;
  std::string ua;
  bool uicc = false;
  uint64_t ttl_seconds = 0;
  std::vector<std::string> uris;
};

}  // namespace culvert::auth::admin
