#include "tests/admin_tool/tool.h"

#include <sstream>
#include <utility>

#include "auth/admin/command_line.h"

namespace culvert::testing {

std::ostream& operator<<(std::ostream& stream, const Ran& ran) {
  return stream << "exit code " << ran.exit_code << "\nout: " << ran.out << "\nerr: " << ran.err;
}

Ran Tool::Run(std::vector<std::string> words) {
  std::istringstream in(standard_input);
  std::ostringstream out;
  std::ostringstream err;
  auth::admin::Console console{
      .in = in,
      .out = out,
      .err = err,
      .ask_hidden =
          [this](const std::string& question) -> Result<SecretText, auth::admin::Trouble> {
        questions.push_back(question);
        if (when_asked) when_asked();
        if (typed.empty()) return auth::admin::UsedWrongly("nobody is there");
        SecretText answer(std::move(typed.front()));
        typed.pop_front();
        return answer;
      },
      .environment = [this](const char* name) -> std::optional<std::string> {
        const auto found = environment.find(name);
        return found == environment.end() ? std::nullopt : std::optional(found->second);
      },
      .now = now};
  std::vector<const char*> argv = {"culvert-admin"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  const int exit_code =
      auth::admin::RunCommandLine(static_cast<int>(argv.size()), argv.data(), console);
  return {exit_code, out.str(), err.str()};
}

Ran Says(std::string out) {
  return {0, std::move(out), ""};
}

Ran CouldNot(const std::string& complaint) {
  return {1, "", "culvert-admin: " + complaint + "\n"};
}

Ran UsedWrongly(const std::string& complaint) {
  return {2, "", "culvert-admin: " + complaint + "\n"};
}

}  // namespace culvert::testing
