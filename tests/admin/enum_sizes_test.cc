// The counters are indexed by enums of rooms that observe may not know: here both are in sight.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "server/observe/counters.h"
#include "server/stun/message.h"
#include "server/turn/effects.h"
#include "server/turn/transport.h"

namespace culvert::observe {
namespace {

static_assert(kTransports == turn::kTransportCount);
static_assert(kDropReasons == turn::kDropCount);
static_assert(kParseErrors == stun::kParseErrorCount);
static_assert(kEndReasons == static_cast<size_t>(turn::EndReason::kOperator) + 1);

// Fit for a label: non-empty, lower case, each once.
template <typename Enum, typename NameOf>
void ExpectLabels(size_t count, NameOf name_of) {
  std::set<std::string> names;
  for (size_t i = 0; i < count; ++i) {
    const std::string name = name_of(static_cast<Enum>(i));
    EXPECT_FALSE(name.empty());
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), std::string::npos)
        << name;
    EXPECT_TRUE(names.insert(name).second) << name;
  }
}

TEST(EnumSizesTest, EveryReasonHasALabelOfItsOwn) {
  ExpectLabels<turn::Drop>(kDropReasons, turn::DropName);
  ExpectLabels<turn::EndReason>(kEndReasons, turn::EndReasonName);
  ExpectLabels<stun::ParseError>(kParseErrors, stun::ParseErrorName);
}

}  // namespace
}  // namespace culvert::observe
