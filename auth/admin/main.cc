// culvert-admin, the operator's tool for users and keys.

#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <string>

#include "auth/admin/command_line.h"
#include "auth/admin/terminal.h"
#include "server/net/clock.h"

int main(int argc, char** argv) {
  using namespace culvert;  // NOLINT(google-build-using-namespace): this file is main
  auth::admin::Console console{.in = std::cin,
                               .out = std::cout,
                               .err = std::cerr,
                               .ask_hidden = auth::admin::AskTerminal,
                               .environment = [](const char* name) -> std::optional<std::string> {
                                 const char* const value = std::getenv(name);
                                 return value == nullptr ? std::nullopt
                                                         : std::optional<std::string>(value);
                               },
                               .now = net::ReadClocks().wall};
  try {
    return auth::admin::RunCommandLine(argc, argv, console);
  } catch (const std::exception& error) {
    std::cerr << "culvert-admin: " << error.what() << "\n";
    return auth::admin::kExitCouldNot;
  }
}
