// Requests that come twice, because the answer was lost or slow (RFC 8489 section 6.3.1.1).
#include "tests/turn/session_harness.h"

namespace culvert::turn {
namespace {

class RetransmissionTest : public SessionHarness {
 protected:
  RetransmissionTest() { path.transport = Transport::kUdp; }

  // The datagram, signed once.
  TurnRequest Signed(TurnRequest request) {
    request.SignedBy(alice, Nonce());
    return request;
  }
};

// AL-30, ST-19
TEST_F(RetransmissionTest, ARepeatedAllocateGetsTheSameBytesAndOpensNothing) {
  const TurnRequest request = Signed(TurnRequest(Method::kAllocate).Transport(17));
  Send(request);
  const std::vector<uint8_t> first = effects.last_reply();
  EXPECT_EQ(Send(request), Success("Allocate", 1,
                                   "XOR-RELAYED-ADDRESS 192.0.2.10:49152, LIFETIME 600, "
                                   "XOR-MAPPED-ADDRESS 198.51.100.7:40000"));
  EXPECT_EQ(effects.last_reply(), first);
  Send(request);
  EXPECT_EQ(effects.last_reply(), first);
}

// AL-30: also when nothing new is opened any more.
TEST_F(RetransmissionTest, ARepeatedAllocateGetsTheSameBytesWhileDraining) {
  const TurnRequest request = Signed(TurnRequest(Method::kAllocate).Transport(17));
  Send(request);
  const std::vector<uint8_t> first = effects.last_reply();
  StartDraining();
  Send(request);
  EXPECT_EQ(effects.last_reply(), first);
}

// AL-30, AL-16
TEST_F(RetransmissionTest, TheReservationTokenIsRepeated) {
  const TurnRequest request = Signed(TurnRequest(Method::kAllocate).Transport(17).EvenPort(true));
  Send(request);
  const std::vector<uint8_t> first = effects.last_reply();
  EXPECT_EQ(Send(request), Success("Allocate", 1,
                                   "XOR-RELAYED-ADDRESS 192.0.2.10:49152, LIFETIME 600, "
                                   "RESERVATION-TOKEN 1122334455667788, "
                                   "XOR-MAPPED-ADDRESS 198.51.100.7:40000"));
  EXPECT_EQ(effects.last_reply(), first);
}

// AL-30, AL-12
TEST_F(RetransmissionTest, TheAddressErrorCodeIsRepeated) {
  effects.udp_v6_error = ErrorCode::kInsufficientCapacity;
  const TurnRequest request =
      Signed(TurnRequest(Method::kAllocate).Transport(17).AdditionalFamily(2));
  Send(request);
  const std::vector<uint8_t> first = effects.last_reply();
  EXPECT_EQ(Send(request), Success("Allocate", 1,
                                   "XOR-RELAYED-ADDRESS 192.0.2.10:49152, ADDRESS-ERROR-CODE "
                                   "family 2 508, LIFETIME 600, "
                                   "XOR-MAPPED-ADDRESS 198.51.100.7:40000"));
  EXPECT_EQ(effects.last_reply(), first);
}

// AL-02, AL-30
TEST_F(RetransmissionTest, TheSameAllocateUnderAnotherIdIs437) {
  Send(Signed(TurnRequest(Method::kAllocate, 1).Transport(17)));
  EXPECT_EQ(Send(Signed(TurnRequest(Method::kAllocate, 2).Transport(17))),
            Refusal("Allocate", 2, 437));
}

// AL-02: another user with the same transaction id retransmits nothing.
TEST_F(RetransmissionTest, AnotherUsersAllocateUnderTheSameIdIs437) {
  Send(Signed(TurnRequest(Method::kAllocate, 1).Transport(17)));
  EXPECT_EQ(Ask(bob, TurnRequest(Method::kAllocate, 1).Transport(17)),
            Lines{"lookup bob"} + Refusal("Allocate", 1, 437));
}

// ST-19: a refusal leaves nothing behind, so the next try is judged anew.
TEST_F(RetransmissionTest, ARefusedAllocateIsTriedAnew) {
  effects.quota_error = ErrorCode::kAllocationQuotaReached;
  const TurnRequest request = Signed(TurnRequest(Method::kAllocate).Transport(17));
  Send(request);
  EXPECT_EQ(Send(request), Lines{"acquire alice"} + Refusal("Allocate", 1, 486));
}

// RF-05
TEST_F(RetransmissionTest, ARepeatedDeletionIs437) {
  Send(Signed(TurnRequest(Method::kAllocate, 1).Transport(17)));
  const TurnRequest request = Signed(TurnRequest(Method::kRefresh, 2).Lifetime(0));
  Send(request);
  EXPECT_EQ(Send(request), Refusal("Refresh", 2, 437));
}

// ST-19
TEST_F(RetransmissionTest, RepeatedPermissionsAndChannelsAreSuccessAgain) {
  Send(Signed(TurnRequest(Method::kAllocate, 1).Transport(17)));
  const TurnRequest permission =
      Signed(TurnRequest(Method::kCreatePermission, 2).Peer("192.0.2.99:0"));
  const TurnRequest channel =
      Signed(TurnRequest(Method::kChannelBind, 3).Channel(0x4000).Peer("192.0.2.99:5000"));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Send(permission), Success("CreatePermission", 2));
    EXPECT_EQ(Send(channel), Success("ChannelBind", 3));
  }
  EXPECT_EQ(session().allocation()->v4->permissions().size(), 1u);
  EXPECT_EQ(session().allocation()->v4->channels().size(), 1u);
}

}  // namespace
}  // namespace culvert::turn
