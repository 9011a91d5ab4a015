// An authentication plug-in in the running relay: the example, which answers later and from a
// thread of its own.

#include <fstream>

#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {
namespace {

class PluginTest : public RelayFixture {
 protected:
  void StartRelayWithPlugin(const Change& change = {}) {
    const std::string users = ::testing::TempDir() + "/users";
    std::ofstream(users) << "dora:pw-dora\n"
                         << "bob:pw-other\n";
    StartRelay([&](config::Options& options) {
      options.auth_plugin = "./auth/example_plugin/libfile_users.so";
      options.auth_plugin_config = users;
      if (change) change(options);
    });
  }
  bool Allocates(ClientTransport transport, const std::string& user) {
    auto client = Client(transport, user);
    return client.ok() && client->Allocate({}).ok();
  }
};

TEST_F(PluginTest, ItsUsersAllocateOverEveryTransport) {
  StartRelayWithPlugin();
  for (const auto transport :
       {ClientTransport::kUdp, ClientTransport::kTcp, ClientTransport::kTls}) {
    EXPECT_TRUE(Allocates(transport, "dora")) << ClientTransportName(transport);
  }
  EXPECT_FALSE(Allocates(ClientTransport::kTcp, "mallory"));
}

// Bob has another password in the file than in the configuration.
TEST_F(PluginTest, TheFirstThatKnowsAUserAnswers) {
  StartRelayWithPlugin();
  EXPECT_TRUE(Allocates(ClientTransport::kTcp, "bob"));
  StopRelay();
  DestroyRelay();
  StartRelayWithPlugin([](config::Options& options) {
    using config::UserSource;
    options.auth_order = {UserSource::kPlugin, UserSource::kStatic, UserSource::kSecret,
                          UserSource::kOauth, UserSource::kRedis};
  });
  EXPECT_FALSE(Allocates(ClientTransport::kTcp, "bob"));
  EXPECT_TRUE(Allocates(ClientTransport::kTcp, "alice"));
}

}  // namespace
}  // namespace culvert::testing
