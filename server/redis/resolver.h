// Host names to addresses without blocking the loop: getaddrinfo on a helper thread. So Redis has
// the addresses that every other program on the machine gives it (hosts file, nsswitch, search
// lists, a resolv.conf that changes while we run), which libevent's own resolver has not.
//
// One per client, on its thread. A lookup takes as long as the system's resolver likes; a resolver
// that dies leaves its threads to end by themselves and hears no more of them. There is at most one
// thread per name.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "server/base/address.h"
#include "server/base/result.h"
#include "server/net/loop.h"
#include "server/net/mailbox.h"

namespace culvert::redis {

class Resolver {
 public:
  // In the order in which they should be tried; never empty.
  using Addresses = std::vector<IpAddress>;
  using Done = std::function<void(Result<Addresses, std::string>)>;

  explicit Resolver(net::Loop& loop);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // `done` is called once, later, unless the lookup is cancelled. Returns what Cancel takes.
  uint64_t Start(const std::string& host, Done done);
  void Cancel(uint64_t lookup) { waiting_.erase(lookup); }

 private:
  struct Waiting {
    std::string host;
    Done done;
  };
  struct Shared;

  void OnResolved(const std::string& host, const Result<Addresses, std::string>& result);

  net::Mailbox mailbox_;
  std::shared_ptr<Shared> shared_;
  std::map<uint64_t, Waiting> waiting_;
  std::set<std::string> running_;
  uint64_t last_ = 0;
};

}  // namespace culvert::redis
