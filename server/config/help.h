// The option table as text for people.
#pragma once

#include <string>

namespace culvert::config {

// What --help prints: served options by group, at most 100 columns wide.
std::string HelpText();

// docs/options.md, whole.
std::string OptionsMarkdown();

}  // namespace culvert::config
