// What this machine, or the container that looks like one, has to offer. Asked at start, by main.
//
// `root` is where the file system begins, so that tests can show another one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/base/address.h"

namespace culvert::net {

// On how many CPUs this process may run at the same time, at least 1: the affinity mask, and no
// more than the CPU quota of its cgroup, rounded up. More workers than that would fight for a quota
// and stand still together when it is spent.
uint32_t UsableCpus(const std::string& root = "");

// The quota alone, of cgroup version 2 or 1: the smallest of the process's own group and the groups
// around it, rounded up. None when there is no limit.
std::optional<uint32_t> CgroupCpuLimit(const std::string& root = "");

// All addresses of interfaces that are up, each once, in the kernel's order, loopback included.
std::vector<IpAddress> LocalAddresses();

// The domain part of the host's name, by /etc/hostname or else the kernel's node name; empty when
// the name has none. Asks no name server: a start must not wait for one.
std::string HostDomain(const std::string& root = "");

}  // namespace culvert::net
