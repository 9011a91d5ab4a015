// How a command of culvert-admin ends: done, or with a sentence that says what to do.
#pragma once

#include <string>
#include <utility>

#include "server/base/result.h"

namespace culvert::auth::admin {

inline constexpr int kExitDone = 0;
inline constexpr int kExitCouldNot = 1;     // the world is not as it would have to be
inline constexpr int kExitUsedWrongly = 2;  // the command line asks for nothing that there is

struct Trouble {
  std::string text;  // never holds a password, a secret or a key
  int exit_code = kExitCouldNot;
};

using Done = Result<Ok, Trouble>;

inline Failure<Trouble> CouldNot(std::string text) {
  return Failure{Trouble{std::move(text), kExitCouldNot}};
}

inline Failure<Trouble> UsedWrongly(std::string text) {
  return Failure{Trouble{std::move(text), kExitUsedWrongly}};
}

}  // namespace culvert::auth::admin
