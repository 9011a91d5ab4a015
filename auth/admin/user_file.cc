#include "auth/admin/user_file.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include "auth/admin/file_edit.h"
#include "auth/admin/records.h"
#include "auth/hex.h"
#include "auth/keys.h"
#include "auth/providers/static_users.h"
#include "server/config/values.h"

namespace culvert::auth::admin {
namespace {

// The relay takes none that is larger.
constexpr size_t kMostBytes = 1 << 20;

std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// The last one counts, as for the relay.
std::optional<std::string_view> LineOf(std::string_view text, std::string_view user) {
  std::optional<std::string_view> line;
  for (const std::string_view each : LinesOf(text)) {
    if (UserOfLine(each) == user) line = config::Trim(each);
  }
  return line;
}

std::string_view SecretOf(std::string_view line) {
  return config::Trim(line.substr(line.find(':') + 1));
}

std::string Where(const Request& request) {
  return request.name + " in " + request.file;
}

// A line that the relay reads as exactly these keys.
Result<std::string, Trouble> EntryFor(Workplace& place, const RecordName& user) {
  const Request& request = place.request;
  const auto password =
      ReadSecret(place.console, request.secret, "password of " + user.name, /*twice=*/true);
  if (!password) return Failure{password.error()};
  const IntegrityKeys keys = DeriveKeys(user.name, user.realm, password->view());
  std::string entry = user.name + ":";
  if (request.as_password) {
    entry += password->view();
  } else {
    entry += "0x" + (request.as_sha256 ? Hex(*keys.sha256) : Hex(*keys.md5));
  }
  const auto read = ParseStaticUser(user.realm, config::Trim(entry));
  if (!read || UserOfLine(entry) != user.name ||
      (read->keys.md5 ? read->keys.md5 != keys.md5 : read->keys.sha256 != keys.sha256)) {
    return UsedWrongly(
        "a user file cannot hold this name or this password: no colon and no # at "
        "the front of a name, no blank at an end, no 0x at the front of a password");
  }
  return entry;
}

Done Save(Workplace& place, FileEdit& edit, std::string text, const char* verb) {
  if (text.size() > kMostBytes) return CouldNot("the relay reads no user file above 1 MiB");
  if (auto done = edit.Replace(text); !done) return done;
  Wipe(&text);
  const Request& request = place.request;
  place.Tell(std::string(verb) + " user " + Where(request) + "; the relay reads it when it starts",
             {{"done", verb}, {"kind", "user"}, {"name", request.name}, {"file", request.file}});
  return Ok();
}

}  // namespace

std::optional<std::string_view> UserOfLine(std::string_view line) {
  const std::string_view text = config::Trim(line);
  const size_t colon = text.find(':');
  if (text.starts_with('#') || colon == 0 || colon == std::string_view::npos) return std::nullopt;
  return text.substr(0, colon);
}

std::string WithEntry(std::string_view text, std::string_view user,
                      const std::optional<std::string>& entry) {
  const std::vector<std::string_view> lines = LinesOf(text);
  const auto is_his = [user](std::string_view line) { return UserOfLine(line) == user; };
  const auto last = std::find_if(lines.rbegin(), lines.rend(), is_his);
  const size_t kept_at = static_cast<size_t>(lines.rend() - last);  // counted from 1; 0: none
  std::string changed;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i + 1 == kept_at && entry) {
      changed += *entry + "\n";
    } else if (!is_his(lines[i])) {
      changed.append(lines[i]).append("\n");
    }
  }
  if (kept_at == 0 && entry) changed += *entry + "\n";
  return changed;
}

Done AddFileUser(Workplace& place) {
  const auto user = NameOfRequest(place);
  if (!user) return Failure{user.error()};
  auto edit = FileEdit::Open(place.request.file, FileEdit::Missing::kEmpty);
  if (!edit) return Failure{edit.error()};
  if (LineOf(edit->text(), user->name) && !place.request.replace) {
    return CouldNot("user " + Where(place.request) + " is there already: --replace writes it anew");
  }
  const auto entry = EntryFor(place, *user);
  if (!entry) return Failure{entry.error()};
  return Save(place, *edit, WithEntry(edit->text(), user->name, *entry), "added");
}

Done DeleteFileUser(Workplace& place) {
  auto edit = FileEdit::Open(place.request.file, FileEdit::Missing::kIsAnError);
  if (!edit) return Failure{edit.error()};
  if (!LineOf(edit->text(), place.request.name)) {
    return CouldNot("there is no user " + Where(place.request));
  }
  return Save(place, *edit, WithEntry(edit->text(), place.request.name, std::nullopt), "deleted");
}

Done ShowFileUser(Workplace& place) {
  const Request& request = place.request;
  const auto edit = FileEdit::Open(request.file, FileEdit::Missing::kIsAnError);
  if (!edit) return Failure{edit.error()};
  const auto line = LineOf(edit->text(), request.name);
  if (!line) return CouldNot("there is no user " + Where(request));
  const std::string_view secret = SecretOf(*line);
  const std::string field = secret.starts_with("0x") ? "key" : "password";
  if (request.json) {
    Json json = {{"kind", "user"}, {"name", request.name}, {"file", request.file}};
    json["fields"][field] = request.show_secrets ? Json(secret) : Json(nullptr);
    place.PrintJson(json);
    return Ok();
  }
  place.console.out << "user " << Printable(Where(request)) << "\n  " << field << " = "
                    << (request.show_secrets ? Printable(secret) : "(hidden: --secrets shows it)")
                    << "\n";
  return Ok();
}

Done ListFileUsers(Workplace& place) {
  const auto edit = FileEdit::Open(place.request.file, FileEdit::Missing::kIsAnError);
  if (!edit) return Failure{edit.error()};
  std::vector<std::string_view> users;
  for (const std::string_view line : LinesOf(edit->text())) {
    const auto user = UserOfLine(line);
    if (user && std::find(users.begin(), users.end(), *user) == users.end()) users.push_back(*user);
  }
  Json all = Json::array();
  for (const std::string_view user : users) {
    if (!place.request.json) place.console.out << Printable(user) << "\n";
    all.push_back({{"kind", "user"}, {"name", user}});
  }
  if (place.request.json) place.PrintJson(all);
  return Ok();
}

}  // namespace culvert::auth::admin
