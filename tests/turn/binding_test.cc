// Binding (RFC 8489 section 12).
#include "tests/turn/session_harness.h"

namespace culvert::turn {
namespace {

TurnRequest Binding(uint32_t number = 1) {
  return TurnRequest(Method::kBinding, number);
}

class BindingTest : public SessionHarness {
 protected:
  static Lines Mapped(int number = 1) {
    return {"reply Binding success #" + std::to_string(number) +
                " {XOR-MAPPED-ADDRESS 198.51.100.7:40000}",
            "count Binding 0"};
  }
};

// BI-01
TEST_F(BindingTest, NobodyIsAskedForCredentials) {
  EXPECT_EQ(Send(Binding()), Mapped());
}

class BindingOnTransportTest : public BindingTest,
                               public ::testing::WithParamInterface<Transport> {};

// BI-01
TEST_P(BindingOnTransportTest, IsServed) {
  path.transport = GetParam();
  EXPECT_EQ(Send(Binding()), Mapped());
}

INSTANTIATE_TEST_SUITE_P(All, BindingOnTransportTest,
                         ::testing::Values(Transport::kUdp, Transport::kTcp, Transport::kTls,
                                           Transport::kDtls));

// BI-01
TEST_F(BindingTest, ItIsServedBesideAnAllocation) {
  AllocateUdp();
  EXPECT_EQ(Send(Binding(2)), Mapped(2));
}

// BI-01: credentials that come along are not looked at.
TEST_F(BindingTest, CredentialsAreIgnored) {
  EXPECT_EQ(Send(Binding().SignedBy(alice, "any")), Mapped());
}

// BI-02
TEST_F(BindingTest, AnIndicationMeetsSilence) {
  EXPECT_EQ(Send(TurnRequest(Method::kBinding, 1, Class::kIndication)), Lines{});
}

// BI-02, ST-08
TEST_F(BindingTest, AnIndicationWithAnUnknownAttributeIsDropped) {
  EXPECT_EQ(Send(TurnRequest(Method::kBinding, 1, Class::kIndication).AddUnknown(0x7f00)),
            Lines{"drop unknown_attribute"});
}

// ST-02
TEST_F(BindingTest, AResponseNobodyAskedForIsDropped) {
  EXPECT_EQ(Send(TurnRequest(Method::kBinding, 1, Class::kSuccess)), Lines{"drop malformed"});
}

// BI-03: the client is who the PROXY header says.
TEST_F(BindingTest, AnIPv6ClientSeesItsIPv6Address) {
  path.client = ClientAddress(*Endpoint::Parse("[2001:db8::7]:40000"));
  EXPECT_EQ(Send(Binding()),
            (Lines{"reply Binding success #1 {XOR-MAPPED-ADDRESS [2001:db8::7]:40000}",
                   "count Binding 0"}));
}

// ST-06, NB-01
TEST_F(BindingTest, AnUnknownAttributeIs420) {
  EXPECT_EQ(Send(Binding().Add(AttributeType::kChangeRequest, {0, 0, 0, 6})),
            (Lines{"reply Binding error #1 {ERROR-CODE 420, UNKNOWN-ATTRIBUTES 0003}",
                   "count Binding 420"}));
}

// ST-15, ST-27
TEST_F(BindingTest, SoftwareIsShownAndFingerprintMirrored) {
  settings.software = "Culvert";
  EXPECT_EQ(Send(Binding().Fingerprint()),
            (Lines{"reply Binding success #1 {XOR-MAPPED-ADDRESS 198.51.100.7:40000, SOFTWARE "
                   "Culvert, FINGERPRINT}",
                   "count Binding 0"}));
}

// secure-stun
TEST_F(BindingTest, ASecureServerWantsCredentials) {
  settings.secure_binding = true;
  EXPECT_EQ(Send(Binding(1)),
            (Lines{"reply Binding error #1 {ERROR-CODE 401, REALM example.org, NONCE}",
                   "count Binding 401"}));
  EXPECT_EQ(Ask(Binding(2)), (Lines{"lookup alice"} +
                              Success("Binding", 2, "XOR-MAPPED-ADDRESS 198.51.100.7:40000")));
}

TEST_F(BindingTest, NoAuthGoesBeforeSecureStun) {
  settings.secure_binding = true;
  settings.authenticate = false;
  EXPECT_EQ(Send(Binding()), Mapped());
}

// no-stun
TEST_F(BindingTest, AServerWithoutStunPassesItOver) {
  settings.no_stun = true;
  EXPECT_EQ(Send(Binding()), Lines{"drop unknown_method"});
}

}  // namespace
}  // namespace culvert::turn
