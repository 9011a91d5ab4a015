#include "server/base/secret_text.h"

#include <gtest/gtest.h>

#include <cstring>
#include <new>
#include <ostream>
#include <type_traits>

namespace culvert {
namespace {

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

static_assert(Printable<std::string>);
static_assert(!Printable<SecretText>, "a secret must not reach a log");
static_assert(!std::is_copy_constructible_v<SecretText> && !std::is_copy_assignable_v<SecretText>);
static_assert(!std::is_convertible_v<SecretText, std::string_view>);

// Both are shorter than the buffer inside a std::string, and longer.
constexpr std::string_view kShort = "wonderland";
constexpr std::string_view kLong = "a secret that is too long for a short string's own buffer";

// Whether `text` can be read among the `size` bytes at `bytes`. Its first byte may be gone:
// emptying a string overwrites that one and no more.
bool Holds(const void* bytes, size_t size, std::string_view text) {
  const std::string_view all(static_cast<const char*>(bytes), size);
  return all.find(text.substr(1)) != std::string_view::npos;
}

TEST(SecretTextTest, ShowsItsTextOnDemandOnly) {
  const SecretText secret(kShort);
  EXPECT_EQ(secret.view(), kShort);
  EXPECT_FALSE(secret.empty());
  EXPECT_TRUE(SecretText().empty());
}

TEST(SecretTextTest, TakingAStringLeavesNothingInIt) {
  std::string source(kShort);
  const SecretText secret(std::move(source));
  EXPECT_EQ(secret.view(), kShort);
  EXPECT_TRUE(source.empty());  // NOLINT: its state after the move is what is tested
  EXPECT_FALSE(Holds(&source, sizeof source, kShort));
}

TEST(SecretTextTest, MovingLeavesNothingBehind) {
  SecretText first(kShort);
  const SecretText second(std::move(first));
  EXPECT_EQ(second.view(), kShort);
  EXPECT_FALSE(Holds(&first, sizeof first, kShort));
}

TEST(SecretTextTest, AssigningWipesTheOldTextAndTheSource) {
  SecretText first(kShort);
  SecretText second(kLong);
  second = std::move(first);
  EXPECT_EQ(second.view(), kShort);
  EXPECT_TRUE(first.empty());  // NOLINT: its state after the move is what is tested
  EXPECT_FALSE(Holds(&first, sizeof first, kShort));
  SecretText& itself = second;
  second = std::move(itself);
  EXPECT_EQ(second.view(), kShort);
}

TEST(SecretTextTest, DestructionWipesTheText) {
  alignas(SecretText) unsigned char memory[sizeof(SecretText)];
  SecretText* secret = new (memory) SecretText(kShort);
  ASSERT_TRUE(Holds(memory, sizeof memory, kShort));
  secret->~SecretText();
  EXPECT_FALSE(Holds(memory, sizeof memory, kShort));
}

TEST(SecretTextTest, WipingReachesWhatALongerValueLeftBehindTheEnd) {
  std::string text(kLong);
  text.reserve(100);
  const char* start = text.data();
  text.assign("short");
  ASSERT_TRUE(Holds(start + 8, kLong.size() - 8, kLong.substr(8)));
  Wipe(&text);
  EXPECT_TRUE(text.empty());
  ASSERT_EQ(text.data(), start);
  EXPECT_FALSE(Holds(start + 8, kLong.size() - 8, kLong.substr(8)));
}

}  // namespace
}  // namespace culvert
