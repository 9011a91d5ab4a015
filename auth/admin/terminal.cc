#include "auth/admin/terminal.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>

namespace culvert::auth::admin {
namespace {

// Off while it lives. Signals that would end the program in between, and leave a terminal that
// shows nothing any more, wait for the end.
class EchoOff {
 public:
  explicit EchoOff(int fd) : fd_(fd) {
    sigset_t waiting;
    sigemptyset(&waiting);
    for (const int signal : {SIGINT, SIGTERM, SIGTSTP, SIGQUIT}) sigaddset(&waiting, signal);
    sigprocmask(SIG_BLOCK, &waiting, &before_);
    has_echo_ = tcgetattr(fd_, &shown_) == 0;
    termios hidden = shown_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (has_echo_) tcsetattr(fd_, TCSAFLUSH, &hidden);
  }
  ~EchoOff() {
    if (has_echo_) tcsetattr(fd_, TCSAFLUSH, &shown_);
    sigprocmask(SIG_SETMASK, &before_, nullptr);
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;

 private:
  const int fd_;
  termios shown_{};
  bool has_echo_ = false;
  sigset_t before_{};
};

void Say(int fd, const std::string& text) {
  // What cannot be shown can still be typed.
  [[maybe_unused]] const ssize_t written = write(fd, text.data(), text.size());
}

std::string ReadLine(int fd) {
  std::string line;
  char c = 0;
  while (read(fd, &c, 1) == 1 && c != '\n') line += c;
  return line;
}

}  // namespace

Result<SecretText, Trouble> AskTerminal(const std::string& question) {
  const int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (fd < 0) {
    return UsedWrongly(
        "there is no terminal to ask at: give --password-file FILE, or - for "
        "standard input");
  }
  std::string line;
  {
    const EchoOff off(fd);
    Say(fd, question + ": ");
    line = ReadLine(fd);
    Say(fd, "\n");
  }
  close(fd);
  return SecretText(std::move(line));
}

}  // namespace culvert::auth::admin
