// What the process does to itself at start: rights, limits, the pid file, the background. Called by
// main, before or after binding as said; functions that can fail return the text for the operator,
// nothing when they succeed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace culvert::net {

using ProcessError = std::optional<std::string>;

// Becomes `user` and `group`, names or numbers, for good, with no way back to root. An empty user
// changes the group only, an empty group is the user's own; the groups that the user database gives
// the user come along (a key that only the group ssl-cert may read stays readable for a reload),
// all others are left. Call it when all ports below 1024 are bound. All threads change.
ProcessError DropPrivileges(const std::string& user, const std::string& group);

// Raises the number of open files to the hard limit. Returns the limit now in force: a relay needs
// two files for each connected client.
uint64_t RaiseFileLimit();

// Writes this process's number and a line end; call it after Daemonize.
ProcessError WritePidFile(const std::string& file);

// Goes on as a child without terminal, its standard streams on /dev/null, in the same folder, so
// that relative paths stay true. Call it before any thread is started.
ProcessError Daemonize();

}  // namespace culvert::net
