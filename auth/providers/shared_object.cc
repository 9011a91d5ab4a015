#include "auth/providers/shared_object.h"

#include <dlfcn.h>

#include <cstring>
#include <string_view>

namespace culvert::auth {
namespace {

std::string LoaderError() {
  const char* const text = dlerror();
  return text == nullptr ? "the loader does not say why" : text;
}

}  // namespace

Result<std::shared_ptr<const SharedObject>, std::string> SharedObject::Load(
    const std::string& path) {
  // Without a slash the loader would search its own folders.
  if (path.find('/') == std::string::npos) {
    return Failure{"'" + path + "' is not a path: give it with its folder, such as ./" + path};
  }
  void* const object = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (object == nullptr) return Failure{LoaderError()};
  void* const symbol = dlsym(object, kPluginEntry);
  if (symbol == nullptr) {
    return Failure{path + " has no function " + kPluginEntry + ": it is no authentication plug-in"};
  }
  const auto entry = reinterpret_cast<const Plugin* (*)()>(symbol);
  const Plugin* const plugin = entry();
  // The first member is read before it is known whether the others are where we think.
  if (plugin == nullptr || plugin->abi == nullptr)
    return Failure{path + " does not say its version"};
  if (std::strcmp(plugin->abi, kPluginAbi) != 0) {
    return Failure{path + " was built for '" + plugin->abi + "', this relay is '" + kPluginAbi +
                   "': build it again with this version's headers"};
  }
  if (plugin->make == nullptr || plugin->name == nullptr)
    return Failure{path + " makes no provider"};
  return std::shared_ptr<const SharedObject>(new SharedObject(*plugin));
}

Result<std::unique_ptr<Provider>, std::string> SharedObject::MakeFor(
    const PluginWorker& worker) const {
  auto made = plugin_.make(worker);
  if (!made) return Failure{std::string(name()) + ": " + made.error()};
  if (*made == nullptr) return Failure{std::string(name()) + " made no provider"};
  return made;
}

}  // namespace culvert::auth
