#include "server/stored_realms.h"

#include <gtest/gtest.h>

namespace culvert {
namespace {

StoredRealms WithConfiguration() {
  turn::Realms configured("home");
  configured.Add("https://mine.test", "mine");
  return StoredRealms(std::move(configured));
}

TEST(StoredRealmsTest, AnOriginsRealmIsAskedForAndServed) {
  StoredRealms stored = WithConfiguration();
  const auto realms = stored.With({{"https://a.test:443", "a"}, {"turn.b.test", "b"}});
  EXPECT_EQ(realms->For("https://a.test", ""), "a");
  EXPECT_EQ(realms->For("https://a.test:443", ""), "a");
  EXPECT_EQ(realms->For("", "turn.b.test"), "b");
  EXPECT_EQ(realms->For("https://c.test", ""), "home");
  EXPECT_TRUE(realms->Serves("a"));
  EXPECT_TRUE(realms->Serves("b"));
  EXPECT_FALSE(realms->Serves("c"));
}

TEST(StoredRealmsTest, TheConfigurationGoesBefore) {
  StoredRealms stored = WithConfiguration();
  const auto realms = stored.With({{"https://mine.test:443", "theirs"}});
  EXPECT_EQ(realms->For("https://mine.test", ""), "mine");
  EXPECT_EQ(realms->default_realm(), "home");
  EXPECT_TRUE(realms->Serves("home"));
}

TEST(StoredRealmsTest, ARealmThatWasNamedOnceStaysServed) {
  StoredRealms stored = WithConfiguration();
  stored.With({{"https://a.test:443", "a"}});
  const auto realms = stored.With({});
  EXPECT_EQ(realms->For("https://a.test", ""), "home");
  EXPECT_TRUE(realms->Serves("a"));
}

}  // namespace
}  // namespace culvert
