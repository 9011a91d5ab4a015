// A relay whose users are all in a Redis that belongs to the test.
#pragma once

#include <string>
#include <vector>

#include "tests/scenario/relay_fixture.h"
#include "tests/support/redis_process.h"

namespace culvert::testing {

class RedisRelay : public RelayFixture {
 protected:
  void SetUp() override { ASSERT_EQ(redis_.Start(), ""); }

  // One worker, hence one cache. `words` go behind the connection string.
  void StartRelayWithRedis(const Change& change = {}, const std::string& words = "");

  TurnClient Named(const std::string& name, const std::string& password,
                   ClientTransport transport = ClientTransport::kTls);
  // An allocation over TLS; 0, or the code of the refusal.
  int Try(const std::string& name, const std::string& password,
          uint8_t protocol = stun::kTransportUdp);
  // Of what the relay has asked Redis for: hits, misses, ...
  uint64_t Credentials(observe::Counter observe::CredentialCounters::*counter) {
    return Count(
        [counter](const observe::WorkerCounters& w) { return (w.credentials.*counter).value(); });
  }
  void Write(const std::vector<std::string>& command) { last_reply_ = redis_.Run(command); }
  // coturn's record of a user of kRealm.
  void WriteCoturnUser(const std::string& name, const std::string& password);

  RedisProcess redis_;
  std::string last_reply_;
};

// Of a long-term key of kRealm, or of `realm`, in hex.
std::string Md5Hex(const std::string& name, const std::string& password, const std::string& realm);

}  // namespace culvert::testing
