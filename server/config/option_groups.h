// Where the rows of the option table lie: one function per group, each in a file of its own. Used
// by option_table.cc only.
#pragma once

#include <span>

#include "server/config/option_table.h"

namespace culvert::config {

std::span<const Option> StartingOptions();
std::span<const Option> ListeningOptions();
std::span<const Option> RelayingOptions();
std::span<const Option> AuthenticationOptions();
std::span<const Option> DatabaseOptions();
std::span<const Option> LimitOptions();
std::span<const Option> TlsOptions();
std::span<const Option> StunOptions();
std::span<const Option> ProcessOptions();
std::span<const Option> AdminOptions();

}  // namespace culvert::config
