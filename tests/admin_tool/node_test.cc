// The commands for a running relay, on one that runs.

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/admin_tool/tool.h"
#include "tests/support/relay_process.h"

namespace culvert::testing {
namespace {

constexpr const char* kToken = "0123456789abcdef";

class NodeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(relay_.Start({.options = {std::string("admin-token=") + kToken}}), "");
    tool_.environment["CULVERT_ADMIN_TOKEN"] = kToken;
  }
  Ran Run(std::vector<std::string> words) {
    words.insert(words.end(), {"--node", relay_.admin_address().ToString()});
    return tool_.Run(std::move(words));
  }
  TurnClient Allocated() {
    auto client = relay_.Connect(ClientTransport::kTls);
    if (!client || !client->Allocate({})) {
      ADD_FAILURE() << "no allocation: " << relay_.Log();
      std::abort();  // there is nothing to return
    }
    return std::move(*client);
  }

  RelayProcess relay_;
  Tool tool_;
};

TEST_F(NodeTest, SessionsAreListed) {
  EXPECT_EQ(Run({"list-sessions"}), Says(""));
  const TurnClient client = Allocated();
  const Ran listed = Run({"list-sessions", "--user", "alice"});
  EXPECT_EQ(listed.exit_code, 0);
  EXPECT_NE(listed.out.find(" alice TLS/TCP 127."), std::string::npos) << listed;
  EXPECT_EQ(Run({"list-sessions", "--user", "bob"}), Says(""));
  const Ran json = Run({"list-sessions", "--json"});
  EXPECT_EQ(nlohmann::json::parse(json.out)["sessions"].at(0)["user"], "alice") << json;
}

TEST_F(NodeTest, AListThatIsCutSaysSo) {
  const TurnClient first = Allocated();
  const TurnClient second = Allocated();
  const Ran listed = Run({"list-sessions", "--limit", "1"});
  EXPECT_EQ(std::count(listed.out.begin(), listed.out.end(), '\n'), 1);
  EXPECT_EQ(listed.err, "There are more: --limit lists up to 20000, --user those of one user.\n");
}

TEST_F(NodeTest, OneSessionOrAUsersAreKicked) {
  TurnClient first = Allocated();
  TurnClient second = Allocated();
  const auto json = nlohmann::json::parse(Run({"list-sessions", "--json"}).out);
  const std::string id = json["sessions"].at(0)["id"];
  EXPECT_EQ(Run({"kick", "--id", id}), Says("ended 1 session\n"));
  EXPECT_EQ(Run({"kick", "--user", "alice"}), Says("ended 1 session\n"));
  EXPECT_EQ(Run({"kick", "--user", "a b&c=%"}), Says("ended 0 sessions\n"));
  EXPECT_EQ(Run({"kick"}), UsedWrongly("say whom: --user NAME or --id ID"));
  EXPECT_EQ(first.Refresh(600).error().code, 437);
  EXPECT_EQ(second.Refresh(600).error().code, 437);
}

TEST_F(NodeTest, ANodeIsDrained) {
  TurnClient client = Allocated();
  EXPECT_EQ(Run({"drain", "--timeout", "3600"}), Says("draining; allocations left: 1\n"));
  EXPECT_EQ(relay_.Http("GET", "/readyz").status, 503);
  ASSERT_TRUE(client.Refresh(0).ok());
  EXPECT_EQ(relay_.AwaitEnd(), "");
}

TEST_F(NodeTest, TheTokenIsAskedForWhereItIsNowhere) {
  tool_.environment.clear();
  tool_.typed = {kToken};
  EXPECT_EQ(Run({"kick", "--user", "bob"}), Says("ended 0 sessions\n"));
  EXPECT_EQ(tool_.questions.size(), 1u);
  tool_.standard_input = std::string(kToken) + "\n";
  EXPECT_EQ(Run({"kick", "--user", "bob", "--token-file", "-"}), Says("ended 0 sessions\n"));
}

TEST_F(NodeTest, WhatIsWrongIsSaid) {
  tool_.environment["CULVERT_ADMIN_TOKEN"] = "another-token-of-16";
  EXPECT_EQ(Run({"kick", "--user", "bob"}),
            CouldNot("the relay says: send Authorization: Bearer and the admin-token"));
  EXPECT_EQ(tool_.Run({"drain", "--node", "127.0.0.1"}),
            UsedWrongly("--node: expected ADDRESS:PORT, such as 127.0.0.1:9641"));
  EXPECT_EQ(tool_.Run({"drain", "--node", "127.0.0.1:1"}),
            CouldNot("no answer from 127.0.0.1:1: is it the relay's admin-address (--node)?"));
  tool_.environment["CULVERT_ADMIN_TOKEN"] = kToken;
  EXPECT_EQ(Run({"drain", "--timeout", "soon"}),
            CouldNot("the relay says: timeout is a number of seconds"));
}

}  // namespace
}  // namespace culvert::testing
