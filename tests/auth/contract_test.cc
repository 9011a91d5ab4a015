#include "auth/contract.h"

#include <gtest/gtest.h>

namespace culvert::auth {
namespace {

IntegrityKeys KeysOf(uint8_t byte) {
  Md5Key key;
  key.fill(byte);
  return {.md5 = key, .sha256 = std::nullopt};
}

TEST(ContractTest, EachRefusalHasItsOwnName) {
  EXPECT_STREQ(RefusalName(Refusal::kUnknownUser), "unknown-user");
  EXPECT_STREQ(RefusalName(Refusal::kBarred), "barred");
  EXPECT_STREQ(RefusalName(Refusal::kExpired), "expired");
  EXPECT_STREQ(RefusalName(Refusal::kProviderDown), "provider-down");
}

TEST(ContractTest, CurrentKeysAreTriedFirstAndOlderOnesInOrder) {
  Credential credential;
  credential.keys = KeysOf(1);
  credential.older_keys = {KeysOf(2), KeysOf(3)};
  std::vector<int> tried;
  const IntegrityKeys* none = credential.FirstKeysThat([&tried](const IntegrityKeys& keys) {
    tried.push_back((*keys.md5)[0]);
    return false;
  });
  EXPECT_EQ(none, nullptr);
  EXPECT_EQ(tried, (std::vector<int>{1, 2, 3}));
}

TEST(ContractTest, KeysThatVerifyEndTheSearch) {
  Credential credential;
  credential.keys = KeysOf(1);
  credential.older_keys = {KeysOf(2), KeysOf(3)};
  int calls = 0;
  const IntegrityKeys* found = credential.FirstKeysThat([&calls](const IntegrityKeys& keys) {
    ++calls;
    return keys == KeysOf(2);
  });
  EXPECT_EQ(found, &credential.older_keys[0]);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(credential.FirstKeysThat([](const IntegrityKeys&) { return true; }), &credential.keys);
}

TEST(ContractTest, ACredentialWithoutADateNeverExpires) {
  EXPECT_EQ(Credential().expiry, WallTime::max());
}

}  // namespace
}  // namespace culvert::auth
