// Loads an authentication plug-in (auth/plugin.h).
#pragma once

#include <memory>
#include <string>

#include "auth/plugin.h"

namespace culvert::auth {

// Immutable, shared by all workers.
class SharedObject {
 public:
  // The error says what is wrong with the file, ready for a person. What was loaded once is never
  // unloaded: nobody knows which of its threads and callbacks still run.
  static Result<std::shared_ptr<const SharedObject>, std::string> Load(const std::string& path);

  const char* name() const { return plugin_.name; }
  Result<std::unique_ptr<Provider>, std::string> MakeFor(const PluginWorker& worker) const;

 private:
  explicit SharedObject(const Plugin& plugin) : plugin_(plugin) {}

  const Plugin& plugin_;
};

}  // namespace culvert::auth
