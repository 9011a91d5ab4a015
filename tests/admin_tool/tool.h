// culvert-admin run by a test: a command line goes in, what it says and its exit code come out.
// What it would ask a person is answered from a list.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "server/base/time.h"

namespace culvert::testing {

struct Ran {
  int exit_code = 0;
  std::string out;
  std::string err;

  friend bool operator==(const Ran&, const Ran&) = default;
};
std::ostream& operator<<(std::ostream& stream, const Ran& ran);

class Tool {
 public:
  // As typed behind "culvert-admin".
  Ran Run(std::vector<std::string> words);

  std::string standard_input;
  std::deque<std::string> typed;       // answers to questions, in turn
  std::vector<std::string> questions;  // that were asked
  std::function<void()> when_asked;    // if set, called at each of them
  std::map<std::string, std::string> environment;
  WallTime now{seconds(1'700'000'000)};
};

// Done, with this output and no complaint.
Ran Says(std::string out);
// Exit codes 1 and 2, with this complaint.
Ran CouldNot(const std::string& complaint);
Ran UsedWrongly(const std::string& complaint);

}  // namespace culvert::testing
