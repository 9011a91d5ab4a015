// The commands and their options, as CLI11 has them. Lives for one command line.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>

#include "auth/admin/console.h"
#include "auth/admin/request.h"
#include "auth/admin/trouble.h"
#include "auth/admin/workplace.h"

namespace culvert::auth::admin {

class CommandTree {
 public:
  using Command = std::function<Done(Workplace&)>;

  CommandTree();
  CommandTree(const CommandTree&) = delete;
  CommandTree& operator=(const CommandTree&) = delete;

  // Nothing when there is a command to be run; else help was printed, or a complaint, and this is
  // the exit code.
  std::optional<int> Parse(int argc, const char* const* argv, Console& console);

  const Request& request() const { return request_; }
  const Command& command() const { return command_; }

 private:
  CLI::App* Verb(const std::string& name, const std::string& help);
  // Below a verb; `command` is run for a record of `kind`.
  CLI::App* AddKind(CLI::App* verb, Kind kind, const std::string& help, Command command);
  CLI::App* AddCommand(CLI::App* parent, const std::string& name, const std::string& help,
                       Command command);

  void AddGlobalOptions();
  void AddAdding();
  void AddSetting();
  void AddLooking();
  void AddDeleting();
  void AddBarring();
  void AddDumping();
  void AddKeys();
  void AddNode();

  // Options that several commands have.
  void TakeName(CLI::App* app, const std::string& help);
  void TakeRealm(CLI::App* app, const std::string& help = "The realm");
  void TakePassword(CLI::App* app, const std::string& what);
  void TakeKeysFile(CLI::App* app, const std::string& lines);
  void TakeField(CLI::App* app, const std::string& name, const std::string& metavar,
                 const std::string& help);
  void TakePolicy(CLI::App* app);
  void TakeDigestFields(CLI::App* app);
  void TakeGbaFields(CLI::App* app);
  void TakePointers(CLI::App* app, const std::string& verb);
  void TakeReplace(CLI::App* app);
  void TakeRanges(CLI::App* app);
  void TakeUserFile(CLI::App* app);
  void TakeNode(CLI::App* app);
  void TakeSessions(CLI::App* app);

  Request request_;
  Command command_;
  CLI::App app_;
};

}  // namespace culvert::auth::admin
