// What all parts of one client stand on; made by the client, outlives its parts. On its thread.
#pragma once

#include <functional>
#include <memory>
#include <random>
#include <utility>

#include "server/net/loop.h"
#include "server/net/mailbox.h"
#include "server/net/syscalls.h"
#include "server/net/timer_wheel.h"
#include "server/observe/log.h"
#include "server/redis/client_tls.h"
#include "server/redis/health.h"
#include "server/redis/resolver.h"
#include "server/redis/settings.h"
#include "server/redis/statistics.h"

namespace culvert::redis {

struct Environment {
  Environment(net::Loop& its_loop, net::TimerWheel& its_wheel, const Settings& its_settings,
              std::unique_ptr<ClientTls> its_tls, Statistics& its_statistics, observe::Log& its_log)
      : loop(its_loop),
        wheel(its_wheel),
        settings(its_settings),
        tls(std::move(its_tls)),
        statistics(its_statistics),
        health(its_statistics, its_log),
        resolver(its_loop),
        letters(its_loop),
        random(std::random_device{}()) {}

  Instant now() const { return loop.now().instant; }
  // Runs `act` from the loop, not from within the caller.
  void Later(std::function<void()> act) { letters.Post(std::move(act)); }

  net::Loop& loop;
  net::TimerWheel& wheel;
  const Settings& settings;
  const std::unique_ptr<ClientTls> tls;  // null: plain
  Statistics& statistics;
  Health health;
  net::Syscalls& sys = net::Syscalls::Kernel();
  Resolver resolver;
  net::Mailbox letters;
  std::minstd_rand random;  // for jitter
};

}  // namespace culvert::redis
