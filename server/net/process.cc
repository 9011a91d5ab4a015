#include "server/net/process.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <vector>

#include "server/base/result.h"

namespace culvert::net {
namespace {

struct Identity {
  std::optional<uid_t> user;
  std::optional<gid_t> group;
  std::string name;  // in the user database, else empty
};

std::optional<uint32_t> ParseNumber(const std::string& text) {
  uint32_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// A number need not be in the database: containers often run as numbers without names.
Result<Identity, std::string> FindUser(const std::string& user) {
  Identity identity;
  if (user.empty()) return identity;
  const std::optional<uint32_t> number = ParseNumber(user);
  const passwd* entry = number ? getpwuid(*number) : getpwnam(user.c_str());
  if (entry != nullptr) {
    identity = {entry->pw_uid, entry->pw_gid, entry->pw_name};
  } else if (number) {
    identity.user = *number;
    identity.group = *number;
  } else {
    return Failure{"proc-user " + user + ": there is no such user; create it (useradd --system " +
                   user + ") or name another"};
  }
  return identity;
}

Result<gid_t, std::string> FindGroup(const std::string& group) {
  if (std::optional<uint32_t> number = ParseNumber(group)) return gid_t{*number};
  if (const ::group* entry = getgrnam(group.c_str())) return entry->gr_gid;
  return Failure{"proc-group " + group + ": there is no such group; create it (groupadd --system " +
                 group + ") or name another"};
}

std::string Refused(const std::string& what, int error) {
  std::string text = what + ": " + std::strerror(error);
  if (error == EPERM) {
    text +=
        "; start the relay as root (or with CAP_SETUID and CAP_SETGID), or leave proc-user and "
        "proc-group out and start it as that user";
  }
  return text;
}

ProcessError SetGroups(const Identity& identity) {
  if (!identity.group) return std::nullopt;
  const std::string what = "proc-group: cannot become group " + std::to_string(*identity.group);
  int result = identity.name.empty() ? setgroups(1, &*identity.group)
                                     : initgroups(identity.name.c_str(), *identity.group);
  if (result != 0 || setresgid(*identity.group, *identity.group, *identity.group) != 0) {
    return Refused(what, errno);
  }
  return std::nullopt;
}

ProcessError SetUser(const Identity& identity) {
  if (!identity.user) return std::nullopt;
  if (setresuid(*identity.user, *identity.user, *identity.user) != 0) {
    return Refused("proc-user: cannot become user " + std::to_string(*identity.user), errno);
  }
  if (*identity.user != 0 && setuid(0) == 0) {
    return "proc-user: root's rights did not go away; do not run the relay like this";
  }
  return std::nullopt;
}

bool IsAlready(const Identity& identity) {
  bool user = !identity.user || (*identity.user == getuid() && *identity.user == geteuid());
  bool group = !identity.group || (*identity.group == getgid() && *identity.group == getegid());
  return user && group && geteuid() != 0;
}

}  // namespace

ProcessError DropPrivileges(const std::string& user, const std::string& group) {
  Result<Identity, std::string> identity = FindUser(user);
  if (!identity) return identity.error();
  if (!group.empty()) {
    Result<gid_t, std::string> found = FindGroup(group);
    if (!found) return found.error();
    identity->group = *found;
  }
  // Started as the user it should become, for example by systemd.
  if (!IsAlready(*identity)) {
    if (ProcessError error = SetGroups(*identity)) return error;  // needs the rights of the next
    if (ProcessError error = SetUser(*identity)) return error;
  }
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);  // no program it might start gets them back either
  return std::nullopt;
}

uint64_t RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  rlimit raised{limit.rlim_max, limit.rlim_max};
  return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

ProcessError WritePidFile(const std::string& file) {
  std::ofstream out(file, std::ios::trunc);
  out << getpid() << '\n' << std::flush;
  if (out) return std::nullopt;
  return "pidfile " + file + ": cannot be written: " + std::strerror(errno) +
         "; give a path in a folder that the relay may write to";
}

ProcessError Daemonize() {
  if (daemon(/*nochdir=*/1, /*noclose=*/0) == 0) return std::nullopt;
  return std::string("daemon: cannot go to the background: ") + std::strerror(errno);
}

}  // namespace culvert::net
