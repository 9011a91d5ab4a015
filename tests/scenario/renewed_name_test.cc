// Names that carry a date (the TURN REST draft) and change while the user stays: what belongs to
// the user follows the part behind the date.

#include "auth/keys.h"
#include "tests/scenario/peers.h"
#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {
namespace {

class RenewedNameTest : public RelayFixture {
 protected:
  static constexpr const char* kSecret = "north";

  void StartRelayWithSecret(const Change& change = {}) {
    StartRelay([&change](config::Options& o) {
      o.use_auth_secret = true;
      o.static_auth_secrets = {kSecret};
      if (change) change(o);
    });
  }

  // `day` makes another name of the same subject; all lie far in the future.
  static ClientCredentials NameOf(const std::string& subject, int day) {
    const std::string name = std::to_string(4000000000 + day * 86400) + ":" + subject;
    return {name, std::string(auth::EphemeralPassword(kSecret, name).view())};
  }
  TurnClient Named(const std::string& subject, int day,
                   ClientTransport transport = ClientTransport::kTcp) {
    auto client = TurnClient::Connect(SettingsFor(transport), NameOf(subject, day));
    EXPECT_TRUE(client.ok()) << client.error().ToString();
    client->set_timeout(kPatience);
    return std::move(*client);
  }
};

// RE-05
TEST_F(RenewedNameTest, ANewNameIsNoNewQuota) {
  StartRelayWithSecret([](config::Options& o) { o.user_quota = 2; });
  TurnClient first = Named("alice", 1);
  TurnClient second = Named("alice", 2, ClientTransport::kUdp);
  ASSERT_TRUE(first.Allocate({}).ok());
  ASSERT_TRUE(second.Allocate({}).ok());
  for (int day = 1; day <= 4; ++day) {
    TurnClient beyond = Named("alice", day);
    const auto refused = beyond.Allocate({});
    ASSERT_FALSE(refused.ok()) << day;
    EXPECT_EQ(refused.error().code, 486);
  }
  TurnClient somebody_else = Named("bob", 1);
  EXPECT_TRUE(somebody_else.Allocate({}).ok());
  // What one name gives back another may have.
  ASSERT_TRUE(first.Refresh(0).ok());
  TurnClient renewed = Named("alice", 5);
  EXPECT_TRUE(renewed.Allocate({}).ok());
}

// TC-31: more than the RFC grants. The data connection may come by another transport, and under
// another name of the user.
TEST_F(RenewedNameTest, ABindMayComeByAnotherTransportAndUnderARenewedName) {
  StartRelayWithSecret();
  for (const auto control_transport : {ClientTransport::kTcp, ClientTransport::kTls}) {
    const auto other =
        control_transport == ClientTransport::kTcp ? ClientTransport::kTls : ClientTransport::kTcp;
    TurnClient control = Named("alice", 1, control_transport);
    ASSERT_TRUE(control.Allocate({.transport = stun::kTransportTcp}).ok());
    PeerListener listener;
    const auto id = control.ConnectToPeer(listener.address());
    ASSERT_TRUE(id.ok()) << id.error().ToString();
    auto peer = listener.Accept();
    ASSERT_TRUE(peer.ok()) << peer.error().ToString();
    // The name, not the transport, is what stops a stranger.
    TurnClient stranger = Named("bob", 1, control_transport);
    const auto stolen = stranger.BindDataConnection(*id);
    ASSERT_FALSE(stolen.ok());
    EXPECT_EQ(stolen.error().code, 441);
    TurnClient renewed = Named("alice", 2, other);
    auto data = renewed.BindDataConnection(*id);
    ASSERT_TRUE(data.ok()) << data.error().ToString();
    EXPECT_EQ(data->transport(), other);
    ASSERT_TRUE(data->Send(AsBytes("there"), kPatience).ok());
    EXPECT_EQ(Difference(*peer, AsBytes("there")), "");
    ASSERT_TRUE(peer->Send(AsBytes("and back"), kPatience).ok());
    EXPECT_EQ(Difference(*data, AsBytes("and back")), "");
  }
}

}  // namespace
}  // namespace culvert::testing
