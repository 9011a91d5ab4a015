// The operator's line that says where Redis is, as settings. coturn's form for redis-userdb and
// redis-statsdb, with words of our own, and the usual URLs:
//
//   ip=127.0.0.1 dbname=2 user=relay password=secret port=6379 connect_timeout=30
//   path=/run/redis/redis.sock dbname=1
//   sentinel=10.0.0.1,10.0.0.2:26379 master=turn password=secret tls=true ca=/etc/ca.pem
//   cluster=redis-0:6379,redis-1:6379 user=relay password=secret
//   rediss://relay:secret@redis.test:6380/2
//
// Words are separated by blanks, there is no quoting, a value holds no blank; the last of two
// equal words counts. In a URL what is not a letter or digit may be written as %XX; its query
// takes the same words, and words may follow it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "server/base/result.h"
#include "server/redis/settings.h"

namespace culvert::redis {

// The error is a sentence for the operator. It names the word and what is allowed, and never holds
// any part of a password, also not of one that was cut by a blank in it. The limits are not in the
// text.
Result<std::shared_ptr<const Settings>, std::string> ParseConnectionString(
    std::string_view text, const Limits& limits = {});

}  // namespace culvert::redis
