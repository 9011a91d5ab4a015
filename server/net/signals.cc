#include "server/net/signals.h"

#include <pthread.h>
#include <sys/signalfd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace culvert::net {

Result<SignalSet, std::string> SignalSet::Open() {
  sigset_t set;
  sigemptyset(&set);
  for (int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) sigaddset(&set, number);
  // A peer that went away is an error of write(2), not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  if (int error = pthread_sigmask(SIG_BLOCK, &set, nullptr)) {
    return Failure{std::string("cannot block signals: ") + std::strerror(error)};
  }
  Fd fd(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd.valid()) return Failure{std::string("cannot open a signalfd: ") + std::strerror(errno)};
  return SignalSet(std::move(fd));
}

std::optional<Signal> SignalSet::Next() {
  signalfd_siginfo info;
  if (read(fd_.get(), &info, sizeof info) != sizeof info) return std::nullopt;
  switch (info.ssi_signo) {
    case SIGHUP:
      return Signal::kHangup;
    case SIGUSR1:
      return Signal::kUser1;
    case SIGUSR2:
      return Signal::kUser2;
    default:
      return Signal::kStop;
  }
}

}  // namespace culvert::net
