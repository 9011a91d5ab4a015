#include "server/stun/attributes.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace culvert::stun {
namespace {

size_t RowByLooking(uint16_t type) {
  for (size_t row = 0; row < kAttributes.size(); ++row) {
    if (static_cast<uint16_t>(kAttributes[row].type) == type) return row;
  }
  return kNoRow;
}

TEST(AttributesTest, TheRowOfEachOfAllTypesIsTheOneInTheTable) {
  for (unsigned type = 0; type <= 0xffff; ++type) {
    ASSERT_EQ(AttributeRowOf(static_cast<uint16_t>(type)),
              RowByLooking(static_cast<uint16_t>(type)))
        << type;
  }
}

TEST(AttributesTest, WhatIsNotServedHasANameButNoRow) {
  for (const AttributeType type :
       {AttributeType::kChangeRequest, AttributeType::kPadding, AttributeType::kResponsePort,
        AttributeType::kAlternateDomain, AttributeType::kTransactionTransmitCounter,
        AttributeType::kResponseOrigin, AttributeType::kOtherAddress}) {
    const auto number = static_cast<uint16_t>(type);
    EXPECT_EQ(AttributeRowOf(number), kNoRow) << number;
    EXPECT_STRNE(AttributeName(number), "UNKNOWN") << number;
  }
}

TEST(AttributesTest, NamesAreTheOnesOfTheRfc) {
  EXPECT_STREQ(AttributeName(0x0006), "USERNAME");
  EXPECT_STREQ(AttributeName(0x001e), "USERHASH");
  EXPECT_STREQ(AttributeName(0x8028), "FINGERPRINT");
  EXPECT_STREQ(AttributeName(0x802e), "THIRD-PARTY-AUTHORIZATION");
  EXPECT_STREQ(AttributeName(0x7f00), "UNKNOWN");
  EXPECT_STREQ(AttributeName(0x0106), "UNKNOWN");
}

TEST(AttributesTest, MethodsHaveTheirNames) {
  EXPECT_STREQ(MethodName(Method::kBinding), "Binding");
  EXPECT_STREQ(MethodName(Method::kConnectionAttempt), "ConnectionAttempt");
  EXPECT_STREQ(MethodName(static_cast<Method>(0x0ff)), "UNKNOWN");
}

TEST(AttributesTest, EveryErrorCodeHasAReasonOfItsOwn) {
  const ErrorCode codes[] = {ErrorCode::kTryAlternate,
                             ErrorCode::kBadRequest,
                             ErrorCode::kUnauthenticated,
                             ErrorCode::kForbidden,
                             ErrorCode::kMobilityForbidden,
                             ErrorCode::kUnknownAttribute,
                             ErrorCode::kAllocationMismatch,
                             ErrorCode::kStaleNonce,
                             ErrorCode::kAddressFamilyNotSupported,
                             ErrorCode::kWrongCredentials,
                             ErrorCode::kUnsupportedTransportProtocol,
                             ErrorCode::kPeerAddressFamilyMismatch,
                             ErrorCode::kConnectionAlreadyExists,
                             ErrorCode::kConnectionTimeoutOrFailure,
                             ErrorCode::kAllocationQuotaReached,
                             ErrorCode::kServerError,
                             ErrorCode::kInsufficientCapacity};
  std::set<std::string> reasons;
  for (const ErrorCode code : codes) {
    const std::string reason = ReasonPhrase(code);
    EXPECT_FALSE(reason.empty());
    EXPECT_LT(reason.size(), 128u);  // RFC 8489 section 14.8
    reasons.insert(reason);
  }
  EXPECT_EQ(reasons.size(), std::size(codes));
  EXPECT_STREQ(ReasonPhrase(ErrorCode::kWrongCredentials), "Wrong Credentials");
}

}  // namespace
}  // namespace culvert::stun
