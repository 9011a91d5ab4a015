#include "server/config/help.h"

#include <algorithm>
#include <string_view>

#include "server/config/option_table.h"

namespace culvert::config {
namespace {

constexpr size_t kWidth = 100;
constexpr size_t kTextColumn = 38;
constexpr size_t kIndent = 2;

constexpr std::string_view kOpening =
    "Usage: culvert [-c FILE] [options]\n"
    "\n"
    "A TURN relay (RFC 8656, RFC 6062). Takes the options and the turnserver.conf of coturn.\n"
    "In a file the long names stand without dashes: listening-port=3478. Flags take yes or no,\n"
    "in a file as on the command line: no-tcp=no, --no-tcp=no.\n";

constexpr std::string_view kExamples =
    "\nExamples:\n"
    "  culvert --user alice:secret --realm example.org\n"
    "      TURN on 3478 and 5349 for one user.\n"
    "  culvert -c /etc/turnserver.conf --tls-port 443 --check-config\n"
    "      Would this start? Says what is wrong, and what has no effect.\n"
    "  culvert --static-auth-secret-file /run/secrets/turn --external-ip 198.51.100.7 "
    "--log-format json\n"
    "      Behind a one-to-one NAT, for users of the TURN REST API.\n";

// Breaks `text` into lines that begin at `column`; the first one is begun already.
void AppendWrapped(std::string_view text, size_t column, std::string& out) {
  size_t at = column;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (at > column && at + 1 + end > kWidth) {
      out += "\n" + std::string(column, ' ');
      at = column;
    } else if (at > column) {
      out += ' ';
      ++at;
    }
    out += text.substr(0, end);
    at += end;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  out += '\n';
}

// "-p, --listening-port=PORT"
std::string Synopsis(const Option& option) {
  std::string synopsis = "    ";
  if (option.letter != 0) synopsis = {'-', option.letter, ',', ' '};
  synopsis += "--" + std::string(option.name);
  if (option.argument == Argument::kRequired) synopsis += "=" + std::string(option.metavar);
  if (option.argument == Argument::kOptional) synopsis += "[=" + std::string(option.metavar) + "]";
  return synopsis;
}

std::string MeaningWithDefault(const Option& option) {
  std::string meaning(option.help);
  if (option.repeatable) meaning += " Repeatable.";
  // That a flag is off is what everybody expects.
  if (!option.default_text.empty() && option.default_text != "no") {
    meaning += " [" + std::string(option.default_text) + "]";
  }
  return meaning;
}

void AppendHelp(const Option& option, std::string& out) {
  const std::string head = std::string(kIndent, ' ') + Synopsis(option);
  out += head;
  if (head.size() + 1 < kTextColumn) {
    out += std::string(kTextColumn - head.size(), ' ');
  } else {
    out += "\n" + std::string(kTextColumn, ' ');
  }
  AppendWrapped(MeaningWithDefault(option), kTextColumn, out);
}

template <typename Visit>
void ForEachOption(Visit visit) {
  for (size_t group = 0; group < kGroupCount; ++group) {
    for (const Option& option : OptionsOf(static_cast<Group>(group))) visit(option);
  }
}

bool HasServedOptions(Group group) {
  const auto options = OptionsOf(group);
  return std::any_of(options.begin(), options.end(),
                     [](const Option& option) { return option.served() && !option.hidden; });
}

// '|' would end a cell.
std::string Cell(std::string_view text) {
  std::string cell;
  for (const char c : text) {
    if (c == '|') cell += '\\';
    cell += c;
  }
  return cell;
}

std::string Code(std::string_view text) {
  return text.empty() ? std::string() : "`" + Cell(text) + "`";
}

std::string LetterCode(const Option& option) {
  if (option.letter == 0) return {};
  return Code(std::string{'-', option.letter});
}

std::string ArgumentCode(const Option& option) {
  if (option.argument == Argument::kRequired) return Code(option.metavar);
  if (option.argument == Argument::kOptional) return Code("[" + std::string(option.metavar) + "]");
  return option.command == Command::kNone ? "yes or no" : "none";
}

void AppendServedRow(const Option& option, std::string& out) {
  out += "| " + Code(option.name) + " | " + LetterCode(option) + " | " + ArgumentCode(option) +
         " | " + Cell(option.default_text) + " | " + Cell(option.help) +
         (option.repeatable ? " Repeatable." : "") + " |\n";
}

void AppendRowWithoutEffect(const Option& option, std::string& out) {
  out += "| " + Code(option.name) + " | " + LetterCode(option) + " | " + Code(option.fine_value) +
         " | " + Cell(option.help) + " |\n";
}

constexpr std::string_view kMarkdownOpening = R"(# Options

This page is printed by `culvert --dump-options-md`; a test keeps it true.

Options stand in a file named by `-c`, or on the command line, which goes over the files. Without `-c`
no file is read. A value that is wrong, an unknown name or a contradiction stops the start with a
message that says where; `--check-config` only checks.

## Files

The syntax is that of coturn's `turnserver.conf`: the long names, one a line, as `name`, `name=value`
or `name value`. Quotes around a value (`"`) are not part of it, and nothing is escaped inside them. A
flag without a value means yes; the words are yes/no, on/off, true/false, t/f, y/n and 1/0.

A line that begins with `#` is a comment. Behind a value, too, a `#` with a blank before it begins a
comment (coturn would make it part of the value); in values that are secrets it is refused until the
value is quoted. Paths are relative to the working directory.

Options marked repeatable add up, over files and command line; of all others the last value counts.

## Command line

`--name=value` and `--name value` are the same, as are `--flag` and `--flag=yes`. The beginning of a
name will do where it is unambiguous. Short flags may be joined (`-vf`).
)";

constexpr std::string_view kWithoutEffectOpening = R"(
## Accepted without effect

Options of coturn 4.6 to 4.18 that are not served. They are accepted, so that a `turnserver.conf` moves
over as it is, with one warning each that says why they have no effect; the value in the third column
asks for what is so anyway and gives no warning.

| option | short | no warning for | why |
| --- | --- | --- | --- |
)";

}  // namespace

std::string HelpText() {
  std::string out(kOpening);
  for (size_t i = 0; i < kGroupCount; ++i) {
    const Group group = static_cast<Group>(i);
    if (!HasServedOptions(group)) continue;
    out += "\n" + std::string(GroupTitle(group)) + ":\n";
    for (const Option& option : OptionsOf(group)) {
      if (option.served() && !option.hidden) AppendHelp(option, out);
    }
  }
  out += "\nTaken for the sake of coturn's files, without effect (docs/options.md says why):\n  ";
  std::string names;
  ForEachOption([&names](const Option& option) {
    if (!option.served()) names += (names.empty() ? "" : " ") + std::string(option.name);
  });
  AppendWrapped(names, kIndent, out);
  return out.append(kExamples);
}

std::string OptionsMarkdown() {
  std::string out(kMarkdownOpening);
  for (size_t i = 0; i < kGroupCount; ++i) {
    const Group group = static_cast<Group>(i);
    if (!HasServedOptions(group)) continue;
    out += "\n## " + std::string(GroupTitle(group)) + "\n\n";
    out += "| option | short | argument | default | meaning |\n| --- | --- | --- | --- | --- |\n";
    for (const Option& option : OptionsOf(group)) {
      if (option.served() && !option.hidden) AppendServedRow(option, out);
    }
  }
  out += kWithoutEffectOpening;
  ForEachOption([&out](const Option& option) {
    if (!option.served()) AppendRowWithoutEffect(option, out);
  });
  return out;
}

}  // namespace culvert::config
