#include "server/relay/quota.h"

#include <gtest/gtest.h>

namespace culvert::relay {
namespace {

constexpr stun::ErrorCode kReached = stun::ErrorCode::kAllocationQuotaReached;

auth::Credential Of(const std::string& subject) {
  auth::Credential credential;
  credential.subject = subject;
  return credential;
}

TEST(QuotaTest, WithoutLimitsEverythingIsGranted) {
  const Settings settings;
  Quota quota(settings);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(quota.Acquire(Of("alice")).ok());
}

TEST(QuotaTest, AUsersAllocationsAreBounded) {
  Settings settings;
  settings.user_quota = 2;
  Quota quota(settings);
  const auto first = quota.Acquire(Of("alice"));
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(quota.Acquire(Of("alice")).ok());
  const auto third = quota.Acquire(Of("alice"));
  ASSERT_FALSE(third.ok());
  EXPECT_EQ(third.error(), kReached);
  EXPECT_TRUE(quota.Acquire(Of("bob")).ok());
  quota.Release(*first);
  EXPECT_TRUE(quota.Acquire(Of("alice")).ok());
}

TEST(QuotaTest, OneNameInTwoRealmsIsTwoUsers) {
  Settings settings;
  settings.user_quota = 1;
  Quota quota(settings);
  auth::Credential north = Of("alice");
  north.realm = "north";
  auth::Credential south = Of("alice");
  south.realm = "south";
  const auto first = quota.Acquire(north);
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(quota.Acquire(south).ok());
  EXPECT_FALSE(quota.Acquire(north).ok());
  quota.Release(*first);
  EXPECT_FALSE(quota.Acquire(south).ok());
  EXPECT_TRUE(quota.Acquire(north).ok());
}

TEST(QuotaTest, TheShareSaysWhatItWasMeasuredBy) {
  Settings settings;
  settings.user_quota = 3;
  settings.total_quota = 100;
  Quota quota(settings);
  auth::Credential credential = Of("alice");
  credential.policy.user_quota = 5;
  credential.policy.realm_quota = 20;
  const auto share = quota.Acquire(credential);
  ASSERT_TRUE(share.ok());
  EXPECT_EQ(share->limits.of_user, 5u);
  EXPECT_EQ(share->limits.of_realm, 20u);
  EXPECT_EQ(share->limits.in_total, 100u);
  EXPECT_TRUE(share->limits.any());
  EXPECT_FALSE(QuotaLimits().any());
}

TEST(QuotaTest, AllAllocationsAreBoundedAndARefusalTakesNothing) {
  Settings settings;
  settings.total_quota = 2;
  settings.user_quota = 2;
  Quota quota(settings);
  const auto first = quota.Acquire(Of("alice"));
  ASSERT_TRUE(first.ok() && quota.Acquire(Of("bob")).ok());
  for (int i = 0; i < 10; ++i) {
    const auto refused = quota.Acquire(Of("carol"));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error(), kReached);
  }
  quota.Release(*first);
  EXPECT_TRUE(quota.Acquire(Of("carol")).ok());
}

TEST(QuotaTest, ARealmsAllocationsAreBounded) {
  const Settings settings;
  Quota quota(settings);
  const auto in_realm = [](const std::string& subject, const std::string& realm) {
    auth::Credential credential = Of(subject);
    credential.realm = realm;
    credential.policy.realm_quota = 2;
    return credential;
  };
  const auto first = quota.Acquire(in_realm("alice", "north"));
  ASSERT_TRUE(first.ok() && quota.Acquire(in_realm("bob", "north")).ok());
  const auto third = quota.Acquire(in_realm("carol", "north"));
  ASSERT_FALSE(third.ok());
  EXPECT_EQ(third.error(), kReached);
  EXPECT_TRUE(quota.Acquire(in_realm("carol", "south")).ok());
  quota.Release(*first);
  EXPECT_TRUE(quota.Acquire(in_realm("carol", "north")).ok());
  EXPECT_FALSE(quota.Acquire(in_realm("alice", "north")).ok());
}

TEST(QuotaTest, ThePolicyOfAUserOutranksTheSettings) {
  Settings settings;
  settings.user_quota = 1;
  settings.max_bytes_per_second = 1000;
  Quota quota(settings);
  auth::Credential credential = Of("alice");
  credential.policy.user_quota = 2;
  credential.policy.max_bytes_per_second = 5000;
  const auto share = quota.Acquire(credential);
  ASSERT_TRUE(share.ok());
  EXPECT_EQ(share->bytes_per_second, 5000u);
  EXPECT_TRUE(quota.Acquire(credential).ok());
  EXPECT_FALSE(quota.Acquire(credential).ok());
  EXPECT_EQ(quota.Acquire(Of("bob"))->bytes_per_second, 1000u);
}

TEST(QuotaTest, BandwidthIsHandedOutUpToTheCapacity) {
  Settings settings;
  settings.max_bytes_per_second = 400;
  settings.capacity_bytes_per_second = 1000;
  Quota quota(settings);
  const auto first = quota.Acquire(Of("alice"));
  ASSERT_TRUE(first.ok() && quota.Acquire(Of("bob")).ok());
  const auto third = quota.Acquire(Of("carol"));
  ASSERT_FALSE(third.ok());
  EXPECT_EQ(third.error(), kReached);
  quota.Release(*first);
  EXPECT_TRUE(quota.Acquire(Of("carol")).ok());
}

}  // namespace
}  // namespace culvert::relay
