#include "auth/admin/command_line.h"

#include <ostream>
#include <string>
#include <utility>

#include "auth/admin/command_tree.h"
#include "auth/admin/turnadmin.h"
#include "auth/admin/workplace.h"

namespace culvert::auth::admin {
namespace {

int Report(const Done& done, Console& console) {
  console.out.flush();
  if (done) return kExitDone;
  console.err << "culvert-admin: " << done.error().text << "\n";
  return done.error().exit_code;
}

}  // namespace

int RunCommandLine(int argc, const char* const* argv, Console& console) {
  if (IsForTurnadmin(argc, argv)) return Report(RunAsTurnadmin(argc, argv, console), console);
  CommandTree tree;
  if (const auto exit_code = tree.Parse(argc, argv, console)) return *exit_code;
  Workplace place(tree.request(), console);
  return Report(tree.command()(place), console);
}

}  // namespace culvert::auth::admin
