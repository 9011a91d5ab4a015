// Users in a file: which lines change, and how the file is replaced.

#include "auth/admin/user_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "auth/keys.h"
#include "auth/providers/static_users.h"
#include "server/config/values.h"
#include "tests/admin_tool/tool.h"

namespace culvert::testing {
namespace {

using auth::admin::UserOfLine;
using auth::admin::WithEntry;

class UserFileTest : public ::testing::Test {
 protected:
  UserFileTest() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
  }

  Ran Add(const std::string& name, std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"add", "user", name, "-r", "north.gov", "--file", path_};
    words.insert(words.end(), more.begin(), more.end());
    return tool_.Run(std::move(words));
  }
  Ran Ask(const std::string& verb, std::vector<std::string> more = {}) {
    std::vector<std::string> words = {verb, "user", "--file", path_};
    words.insert(words.end(), more.begin(), more.end());
    return tool_.Run(std::move(words));
  }
  std::string Text() const {
    std::ifstream file(path_);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  void Write(const std::string& text) const { std::ofstream(path_) << text; }
  // As the relay reads the file.
  auth::CredentialPtr Read(const std::string& name) const {
    auto lines = config::ReadSecretLines(path_);
    EXPECT_TRUE(lines.ok());
    std::vector<SecretText> entries;
    for (std::string& line : *lines) entries.emplace_back(std::move(line));
    const auto table = auth::StaticUserTable::Load("north.gov", std::move(entries));
    EXPECT_TRUE(table.ok());
    return (*table)->Find(name);
  }

  const std::string folder_ = ::testing::TempDir() + "/users";
  const std::string path_ = folder_ + "/users.txt";
  Tool tool_;
};

TEST_F(UserFileTest, OnlyEntriesHaveAUser) {
  EXPECT_EQ(UserOfLine(" gorst:hero"), "gorst");
  EXPECT_EQ(UserOfLine("gorst:a:b"), "gorst");
  EXPECT_EQ(UserOfLine("# gorst:hero"), std::nullopt);
  EXPECT_EQ(UserOfLine("gorst"), std::nullopt);
  EXPECT_EQ(UserOfLine(":hero"), std::nullopt);
  EXPECT_EQ(UserOfLine(""), std::nullopt);
}

TEST_F(UserFileTest, AllOtherLinesStayAsTheyAre) {
  const std::string text = "# staff\n\ngorst:a\n  alice:b  \ngorst:c\nbob:d";
  EXPECT_EQ(WithEntry(text, "gorst", "gorst:e"), "# staff\n\n  alice:b  \ngorst:e\nbob:d\n");
  EXPECT_EQ(WithEntry(text, "gorst", std::nullopt), "# staff\n\n  alice:b  \nbob:d\n");
  EXPECT_EQ(WithEntry(text, "carol", "carol:e"),
            "# staff\n\ngorst:a\n  alice:b  \ngorst:c\nbob:d\ncarol:e\n");
  EXPECT_EQ(WithEntry(text, "carol", std::nullopt),
            "# staff\n\ngorst:a\n  alice:b  \ngorst:c\nbob:d\n");
  EXPECT_EQ(WithEntry("", "gorst", "gorst:e"), "gorst:e\n");
}

TEST_F(UserFileTest, AnAddedUserIsOneThatTheRelayKnows) {
  tool_.typed = {"hero", "hero"};
  EXPECT_EQ(Add("gorst"),
            Says("added user gorst in " + path_ + "; the relay reads it when it starts\n"));
  EXPECT_EQ(Text(), "gorst:0x7da2270ccfa49786e0115366d3a3d14d\n");
  ASSERT_NE(Read("gorst"), nullptr);
  EXPECT_EQ(Read("gorst")->keys.md5, auth::DeriveMd5Key("gorst", "north.gov", "hero"));

  EXPECT_EQ(Add("alice", {"--password", "pw", "--sha256"}).exit_code, 0);
  EXPECT_EQ(Read("alice")->keys.sha256, auth::DeriveSha256Key("alice", "north.gov", "pw"));
  EXPECT_EQ(Add("bob", {"--password", "p w#x", "--plain"}).exit_code, 0);
  EXPECT_EQ(Read("bob")->keys.md5, auth::DeriveMd5Key("bob", "north.gov", "p w#x"));
  EXPECT_EQ(Read("bob")->keys.sha256, auth::DeriveSha256Key("bob", "north.gov", "p w#x"));
}

TEST_F(UserFileTest, AUserWhoIsThereIsReplacedOnDemandAlone) {
  Write("gorst:a\n");
  EXPECT_EQ(Add("gorst", {"--password", "hero"}),
            CouldNot("user gorst in " + path_ + " is there already: --replace writes it anew"));
  EXPECT_EQ(Text(), "gorst:a\n");
  EXPECT_EQ(Add("gorst", {"--password", "hero", "--replace"}).exit_code, 0);
  EXPECT_EQ(Text(), "gorst:0x7da2270ccfa49786e0115366d3a3d14d\n");
}

TEST_F(UserFileTest, TwoPasswordsThatDifferChangeNothing) {
  Write("alice:a\n");
  tool_.typed = {"hero", "her0"};
  EXPECT_EQ(Add("gorst"), CouldNot("the two are not the same; nothing is done"));
  EXPECT_EQ(Text(), "alice:a\n");
}

TEST_F(UserFileTest, WhatTheFormatCannotHoldIsRefused) {
  const char* const complaint =
      "a user file cannot hold this name or this password: no colon and no # at the front of a "
      "name, no blank at an end, no 0x at the front of a password";
  EXPECT_EQ(Add("go:rst", {"--password", "hero"}), UsedWrongly(complaint));
  EXPECT_EQ(Add("#gorst", {"--password", "hero"}), UsedWrongly(complaint));
  EXPECT_EQ(Add("gorst", {"--password", "hero ", "--plain"}), UsedWrongly(complaint));
  EXPECT_EQ(Add("gorst", {"--password", " hero", "--plain"}), UsedWrongly(complaint));
  EXPECT_EQ(Add("gorst", {"--password", "0xhero", "--plain"}), UsedWrongly(complaint));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(UserFileTest, ShowHidesWhatIsSecret) {
  Write("gorst:hero\nalice:0x7da2270ccfa49786e0115366d3a3d14d\n");
  EXPECT_EQ(Ask("show", {"gorst"}),
            Says("user gorst in " + path_ + "\n  password = (hidden: --secrets shows it)\n"));
  EXPECT_EQ(Ask("show", {"alice", "--json"}),
            Says("{\"kind\":\"user\",\"name\":\"alice\",\"file\":\"" + path_ +
                 "\",\"fields\":{\"key\":null}}\n"));
  EXPECT_EQ(Ask("show", {"gorst", "--secrets"}),
            Says("user gorst in " + path_ + "\n  password = hero\n"));
  EXPECT_EQ(Ask("show", {"bob"}), CouldNot("there is no user bob in " + path_));
}

TEST_F(UserFileTest, UsersAreListedOnceInTheirOrder) {
  Write("# staff\ngorst:a\nalice:b\ngorst:c\n");
  EXPECT_EQ(Ask("list"), Says("gorst\nalice\n"));
  EXPECT_EQ(Ask("list", {"--json"}), Says("[{\"kind\":\"user\",\"name\":\"gorst\"},{\"kind\":"
                                          "\"user\",\"name\":\"alice\"}]\n"));
}

TEST_F(UserFileTest, ADeletedUserIsGone) {
  Write("# staff\ngorst:a\nalice:b\n");
  EXPECT_EQ(Ask("delete", {"gorst"}).exit_code, 0);
  EXPECT_EQ(Text(), "# staff\nalice:b\n");
  EXPECT_EQ(Ask("delete", {"gorst"}), CouldNot("there is no user gorst in " + path_));
}

TEST_F(UserFileTest, TheFileIsItsOwnersAloneAndNothingLiesBesideIt) {
  Write("gorst:a\n");
  ASSERT_EQ(chmod(path_.c_str(), 0644), 0);
  struct stat before {};
  ASSERT_EQ(stat(path_.c_str(), &before), 0);
  EXPECT_EQ(Ask("delete", {"gorst"}).exit_code, 0);
  struct stat after {};
  ASSERT_EQ(stat(path_.c_str(), &after), 0);
  EXPECT_EQ(after.st_mode & 07777, 0600u);
  EXPECT_EQ(after.st_uid, before.st_uid);
  EXPECT_NE(after.st_ino, before.st_ino);
  size_t entries = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_)) ++entries;
  EXPECT_EQ(entries, 1u);
}

TEST_F(UserFileTest, ASymbolicLinkStaysOne) {
  const std::string target = folder_ + "/target";
  std::ofstream(target) << "gorst:a\nalice:b\n";
  ASSERT_EQ(symlink(target.c_str(), path_.c_str()), 0);
  EXPECT_EQ(Ask("delete", {"gorst"}).exit_code, 0);
  EXPECT_TRUE(std::filesystem::is_symlink(path_));
  EXPECT_EQ(Text(), "alice:b\n");
}

TEST_F(UserFileTest, AFileThatIsNotThereCannotBeRead) {
  EXPECT_EQ(Ask("list"), CouldNot("cannot read " + path_ + ": No such file or directory"));
}

}  // namespace
}  // namespace culvert::testing
