#include "server/net/machine.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <sched.h>
#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string_view>
#include <thread>

namespace culvert::net {
namespace {

constexpr char kCgroups[] = "/sys/fs/cgroup";

std::optional<std::string> FirstLine(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  return line;
}

std::optional<uint32_t> CpusOf(int64_t quota, int64_t period) {
  if (quota <= 0 || period <= 0) return std::nullopt;
  return static_cast<uint32_t>((quota + period - 1) / period);
}

std::optional<uint32_t> Smaller(std::optional<uint32_t> a, std::optional<uint32_t> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

// cpu.max: "150000 100000", or "max 100000".
std::optional<uint32_t> Version2Limit(const std::string& folder) {
  std::ifstream in(folder + "/cpu.max");
  int64_t quota;
  int64_t period;
  if (!(in >> quota >> period)) return std::nullopt;
  return CpusOf(quota, period);
}

// cpu.cfs_quota_us is -1 where there is no limit.
std::optional<uint32_t> Version1Limit(const std::string& folder) {
  std::ifstream quota_file(folder + "/cpu.cfs_quota_us");
  std::ifstream period_file(folder + "/cpu.cfs_period_us");
  int64_t quota;
  int64_t period;
  if (!(quota_file >> quota) || !(period_file >> period)) return std::nullopt;
  return CpusOf(quota, period);
}

// Asks the group at `path` and all groups around it. A container often sees its own group as the
// root of the tree while /proc still tells the path outside; folders that are not there are
// skipped.
template <typename Limit>
std::optional<uint32_t> LimitAlong(const std::string& mount, std::string path, Limit limit) {
  std::optional<uint32_t> smallest;
  while (true) {
    if (path == "/") path.clear();
    smallest = Smaller(smallest, limit(mount + path));
    if (path.empty()) return smallest;
    size_t slash = path.rfind('/');
    path.resize(slash == std::string::npos ? 0 : slash);
  }
}

bool NamesCpuController(std::string_view controllers) {
  while (!controllers.empty()) {
    size_t comma = std::min(controllers.find(','), controllers.size());
    if (controllers.substr(0, comma) == "cpu") return true;
    controllers.remove_prefix(std::min(comma + 1, controllers.size()));
  }
  return false;
}

uint32_t AffinityCpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  // Fails on machines with more than 1024 CPUs, where the plain count is close enough.
  if (sched_getaffinity(0, sizeof set, &set) != 0) return std::thread::hardware_concurrency();
  return static_cast<uint32_t>(CPU_COUNT(&set));
}

std::string DomainOf(const std::string& host) {
  size_t dot = host.find('.');
  if (dot == std::string::npos) return "";
  std::string domain = host.substr(dot + 1);
  domain.erase(std::find_if(domain.begin(), domain.end(), [](char c) { return c <= ' '; }),
               domain.end());
  if (!domain.empty() && domain.back() == '.') domain.pop_back();
  return domain;
}

}  // namespace

std::optional<uint32_t> CgroupCpuLimit(const std::string& root) {
  std::ifstream in(root + "/proc/self/cgroup");
  std::optional<uint32_t> smallest;
  const std::string mounts = root + kCgroups;
  // "hierarchy:controllers:path"; version 2 has the hierarchy 0 and names no controllers.
  for (std::string line; std::getline(in, line);) {
    size_t first = line.find(':');
    size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    std::string controllers = line.substr(first + 1, second - first - 1);
    std::string path = line.substr(second + 1);
    if (controllers.empty()) {
      smallest = Smaller(smallest, LimitAlong(mounts, path, Version2Limit));
    } else if (NamesCpuController(controllers)) {
      // Mounted under the controllers' names, and usually linked under the one name.
      smallest = Smaller(smallest, LimitAlong(mounts + "/" + controllers, path, Version1Limit));
      smallest = Smaller(smallest, LimitAlong(mounts + "/cpu", path, Version1Limit));
    }
  }
  return smallest;
}

uint32_t UsableCpus(const std::string& root) {
  uint32_t cpus = std::max(AffinityCpus(), 1u);
  std::optional<uint32_t> limit = CgroupCpuLimit(root);
  return limit ? std::min(cpus, *limit) : cpus;
}

std::vector<IpAddress> LocalAddresses() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return {};
  std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, &freeifaddrs);
  std::vector<IpAddress> addresses;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if ((entry->ifa_flags & IFF_UP) == 0 || entry->ifa_addr == nullptr) continue;
    int family = entry->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    IpAddress ip = Endpoint::FromSockaddr(entry->ifa_addr).ip();
    if (std::find(addresses.begin(), addresses.end(), ip) == addresses.end()) {
      addresses.push_back(ip);
    }
  }
  return addresses;
}

std::string HostDomain(const std::string& root) {
  std::string domain = DomainOf(FirstLine(root + "/etc/hostname").value_or(""));
  if (!domain.empty()) return domain;
  utsname name{};
  return uname(&name) == 0 ? DomainOf(name.nodename) : "";
}

}  // namespace culvert::net
