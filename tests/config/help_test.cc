#include "server/config/help.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "server/config/option_table.h"
#include "tests/config/test_input.h"

namespace culvert::config {
namespace {

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(HelpTest, NoLineIsWiderThan100Columns) {
  std::istringstream help(HelpText());
  for (std::string line; std::getline(help, line);) EXPECT_LE(line.size(), 100u) << line;
}

TEST(HelpTest, OptionsStandAlignedWithTheirDefaults) {
  EXPECT_TRUE(Contains(
      HelpText(),
      "\nListening:\n"
      "  -L, --listening-ip=IP               Address to await clients on, IPv4 or IPv6 (:: takes "
      "all IPv6).\n"
      "                                      Without it: all IPv4 addresses and, where the machine "
      "has\n"
      "                                      IPv6, all of those. Repeatable. [all]\n"
      "  -p, --listening-port=PORT           Port for UDP, TCP and DTLS. TLS is recognised on it, "
      "too. 0\n"
      "                                      takes any free port. [3478]\n"))
      << HelpText();
}

TEST(HelpTest, ALongNameHasALineOfItsOwn) {
  EXPECT_TRUE(Contains(HelpText(),
                       "      --max-allocate-lifetime[=SECONDS]\n"
                       "                                      Longest lifetime"));
}

TEST(HelpTest, EveryOptionIsNamedUnlessHidden) {
  const std::string help = HelpText();
  for (size_t group = 0; group < kGroupCount; ++group) {
    for (const Option& option : OptionsOf(static_cast<Group>(group))) {
      EXPECT_EQ(Contains(help, std::string(option.name)), !option.hidden) << option.name;
    }
  }
}

TEST(HelpTest, EndsWithExamples) {
  const std::string help = HelpText();
  EXPECT_GT(help.rfind("\nExamples:\n"), help.rfind("web-admin-listen-on-workers"));
}

TEST(OptionsMarkdownTest, CellsAreNotBrokenByBars) {
  EXPECT_TRUE(Contains(OptionsMarkdown(), "| `log-format` |  | `text\\|json` | text |"));
}

// When this fails: culvert --dump-options-md > docs/options.md
TEST(OptionsMarkdownTest, ThePageInTheTreeIsUpToDate) {
  EXPECT_EQ(ReadTestInput("docs/options.md"), OptionsMarkdown());
}

}  // namespace
}  // namespace culvert::config
