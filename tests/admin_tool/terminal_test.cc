// A password that is typed at a terminal is read and not shown, and the terminal shows again what
// is typed afterwards.

#include "auth/admin/terminal.h"

#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <string>

namespace culvert::auth::admin {
namespace {

// Ends with the right password.
[[noreturn]] void RunAtTerminal() {
  const auto answer = AskTerminal("password of gorst");
  termios after{};
  const bool shows = tcgetattr(STDIN_FILENO, &after) == 0 && (after.c_lflag & ECHO) != 0;
  _exit(answer && answer->view() == "hero of north" && shows ? 0 : 1);
}

// What the terminal shows, until it shows `last`, or to its end.
std::string ReadUntil(int fd, const std::string& last) {
  std::string shown;
  char c = 0;
  while ((last.empty() || !shown.ends_with(last)) && read(fd, &c, 1) == 1) shown += c;
  return shown;
}

TEST(TerminalTest, WhatIsTypedIsReadAndNotShown) {
  int terminal = -1;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, nullptr);
  ASSERT_GE(child, 0);
  if (child == 0) RunAtTerminal();
  EXPECT_EQ(ReadUntil(terminal, ": "), "password of gorst: ");
  const std::string typed = "hero of north\n";
  ASSERT_EQ(write(terminal, typed.data(), typed.size()), static_cast<ssize_t>(typed.size()));
  EXPECT_EQ(ReadUntil(terminal, ""), "\r\n");
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  close(terminal);
}

TEST(TerminalTest, WithoutATerminalItSaysWhatToGive) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // A session of its own has no terminal.
    setsid();
    const auto answer = AskTerminal("password");
    _exit(!answer && answer.error().exit_code == kExitUsedWrongly ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace culvert::auth::admin
