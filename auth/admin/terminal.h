// The terminal that a command was started from.
#pragma once

#include <string>

#include "auth/admin/trouble.h"
#include "server/base/secret_text.h"

namespace culvert::auth::admin {

// Writes the question to the terminal, also when output is redirected, and reads a line from it
// with its echo off. Without a terminal the error says which options do it.
Result<SecretText, Trouble> AskTerminal(const std::string& question);

}  // namespace culvert::auth::admin
