// Where the configuration comes from, and what to do instead of serving.

#include <array>

#include "server/config/option_groups.h"

namespace culvert::config {
namespace {

constexpr Option Order(std::string_view name, char letter, Command command, std::string_view help) {
  return {.name = name, .letter = letter, .help = help, .command = command};
}

constexpr Option FileOrder() {
  Option option = Order("config", 'c', Command::kConfigFile,
                        "Read this file first; the command line goes over it. May be given again: "
                        "later files go over earlier ones. Without it no file is read.");
  option.argument = Argument::kRequired;
  option.metavar = "FILE";
  return option;
}

constexpr Option HiddenOrder() {
  Option option = Order("dump-options-md", 0, Command::kDumpOptions, "Print docs/options.md.");
  option.hidden = true;
  return option;
}

constexpr std::array kOptions = {
    FileOrder(),
    Order("no-config", 'n', Command::kNoConfigFile,
          "Read no file. This is so anyway without -c; both together are refused."),
    Order("check-config", 0, Command::kCheckConfig,
          "Check the options and every file they name, tell what is wrong, and exit."),
    Order("help", 'h', Command::kHelp, "Print this and exit."),
    Order("version", 0, Command::kVersion, "Print the version and exit."),
    HiddenOrder(),
};

}  // namespace

std::span<const Option> StartingOptions() {
  return kOptions;
}

}  // namespace culvert::config
