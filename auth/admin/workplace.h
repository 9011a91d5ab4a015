// What every command works with: the request, the console, Redis once it is needed, and how results
// are shown. Lives for one command.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "auth/admin/console.h"
#include "auth/admin/request.h"
#include "auth/admin/store.h"
#include "auth/admin/trouble.h"

namespace culvert::auth::admin {

using Json = nlohmann::ordered_json;

class Workplace {
 public:
  Workplace(const Request& asked, Console& used) : request(asked), console(used) {}

  const Request& request;
  Console& console;

  // Opened when first asked for: --redis, --config, or CULVERT_REDIS says where. After all that a
  // person is asked: the time of the store's loop stands still while somebody thinks.
  Result<Store*, Trouble> OpenStore();
  // Whether where is said, and rightly: for who asks a person first. Connects to nothing.
  Done CheckWhere();
  // The realm of the request, else that of --config. Never a wrong one.
  Result<std::string, Trouble> Realm();

  // A line for a person, or an object for a program.
  void Tell(const std::string& line, const Json& object);
  void PrintJson(const Json& json);

 private:
  Result<std::string, Trouble> ConnectionString();

  std::unique_ptr<Store> store_;
};

// For a terminal: what it would take for a command becomes '?'.
std::string Printable(std::string_view text);
// Whether a JSON string can hold it.
bool IsUtf8(std::string_view text);

}  // namespace culvert::auth::admin
