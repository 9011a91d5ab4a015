#include "auth/admin/turnadmin.h"

#include <getopt.h>

#include <algorithm>
#include <cctype>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/admin/realms.h"
#include "auth/admin/records.h"
#include "auth/admin/secrets.h"
#include "auth/hex.h"
#include "auth/keys.h"

namespace culvert::auth::admin {
namespace {

enum LongOnly { kDeleteAllSecrets = 256, kMaxBps, kTotalQuota, kUserQuota };

constexpr const char* kShortOptions = ":PEkaAdDlLs:SX:OIRgGb:e:M:N:u:r:p:x:f:v:o:h";

const option kLongOptions[] = {{"generate-encrypted-password", no_argument, nullptr, 'P'},
                               {"generate-encrypted-password-aes", no_argument, nullptr, 'E'},
                               {"key", no_argument, nullptr, 'k'},
                               {"add", no_argument, nullptr, 'a'},
                               {"add-admin", no_argument, nullptr, 'A'},
                               {"delete", no_argument, nullptr, 'd'},
                               {"delete-admin", no_argument, nullptr, 'D'},
                               {"list", no_argument, nullptr, 'l'},
                               {"list-admin", no_argument, nullptr, 'L'},
                               {"set-secret", required_argument, nullptr, 's'},
                               {"show-secret", no_argument, nullptr, 'S'},
                               {"delete-secret", required_argument, nullptr, 'X'},
                               {"delete-all-secrets", no_argument, nullptr, kDeleteAllSecrets},
                               {"add-origin", no_argument, nullptr, 'O'},
                               {"del-origin", no_argument, nullptr, 'R'},
                               {"list-origins", no_argument, nullptr, 'I'},
                               {"set-realm-option", no_argument, nullptr, 'g'},
                               {"list-realm-options", no_argument, nullptr, 'G'},
                               {"db", required_argument, nullptr, 'b'},
                               {"userdb", required_argument, nullptr, 'b'},
                               {"psql-userdb", required_argument, nullptr, 'e'},
                               {"sql-userdb", required_argument, nullptr, 'e'},
                               {"mysql-userdb", required_argument, nullptr, 'M'},
                               {"redis-userdb", required_argument, nullptr, 'N'},
                               {"user", required_argument, nullptr, 'u'},
                               {"realm", required_argument, nullptr, 'r'},
                               {"password", required_argument, nullptr, 'p'},
                               {"key-path", required_argument, nullptr, 'x'},
                               {"file-key-path", required_argument, nullptr, 'f'},
                               {"verify", required_argument, nullptr, 'v'},
                               {"origin", required_argument, nullptr, 'o'},
                               {"max-bps", required_argument, nullptr, kMaxBps},
                               {"total-quota", required_argument, nullptr, kTotalQuota},
                               {"user-quota", required_argument, nullptr, kUserQuota},
                               {"help", no_argument, nullptr, 'h'},
                               {nullptr, 0, nullptr, 0}};

// What takes the place of an option that has no meaning here; null for all others.
const char* InPlaceOf(int code) {
  switch (code) {
    case 'b':
      return "-b: SQLite is not read by the relay; users are in Redis (-N) or in a file (add user "
             "--file)";
    case 'e':
      return "-e: PostgreSQL is not read by the relay; users are in Redis (-N)";
    case 'M':
      return "-M: MySQL is not read by the relay; users are in Redis (-N)";
    case 'A':
    case 'D':
    case 'L':
      return "there are no administrators: the admin page has no log-in and listens on "
             "admin-address, which the network must guard";
    case 'P':
    case 'E':
    case 'v':
    case 'x':
    case 'f':
      return "passwords are not stored encrypted: what is stored is a key (-k, or key user)";
    default:
      return nullptr;
  }
}

bool IsCommand(int code) {
  return code == kDeleteAllSecrets ||
         (code > 0 && code < 256 &&
          std::string_view("kadlsSXORIgG").find(static_cast<char>(code)) != std::string_view::npos);
}

// Into the request; the value of an option that is both, too.
void TakeOption(int code, Request* request) {
  const std::string value = optarg == nullptr ? "" : optarg;
  switch (code) {
    case 'N':
      request->redis = value;
      break;
    case 'u':
      request->name = value;
      break;
    case 'r':
      request->realm = value;
      break;
    case 'o':
      request->origins = {value};
      break;
    case 'p':
    case 's':
    case 'X':
      request->secret.value = value;
      break;
    case kMaxBps:
      request->fields["max-bps"] = value;
      break;
    case kTotalQuota:
      request->fields["total-quota"] = value;
      break;
    case kUserQuota:
      request->fields["user-quota"] = value;
      break;
    default:
      break;
  }
}

struct CommandLine {
  Request request;
  int command = 0;
};

Result<CommandLine, Trouble> Read(int argc, const char* const* argv) {
  // getopt may reorder them.
  std::vector<char*> words;
  words.reserve(static_cast<size_t>(argc) + 1);
  for (int i = 0; i < argc; ++i) words.push_back(const_cast<char*>(argv[i]));
  words.push_back(nullptr);
  CommandLine line;
  optind = 0;  // glibc: begin anew
  opterr = 0;
  int code = 0;
  while ((code = getopt_long(argc, words.data(), kShortOptions, kLongOptions, nullptr)) != -1) {
    const char* const word = words[static_cast<size_t>(optind) - 1];
    if (code == ':') return UsedWrongly(std::string(word) + " needs a value");
    if (code == '?') return UsedWrongly(std::string(word) + " is no option of turnadmin's");
    if (const char* const instead = InPlaceOf(code)) return UsedWrongly(instead);
    if (code == 'h') line.command = 'h';
    if (IsCommand(code)) {
      if (line.command != 0) return UsedWrongly("one command at a time");
      line.command = code;
    }
    TakeOption(code, &line.request);
  }
  if (optind < argc) {
    return UsedWrongly(std::string(words[static_cast<size_t>(optind)]) + ": expected an option");
  }
  return line;
}

Done PrintKey(Workplace& place) {
  const auto user = NameOfRequest(place);
  if (!user) return Failure{user.error()};
  const auto password =
      ReadSecret(place.console, place.request.secret, "password of " + user->name, /*twice=*/false);
  if (!password) return Failure{password.error()};
  place.console.out << "0x" << Hex(DeriveMd5Key(user->name, user->realm, password->view())) << "\n";
  return Ok();
}

// Of one realm, or of those that Redis has any of.
Result<std::vector<std::string>, Trouble> RealmsWith(Workplace& place, std::string_view what) {
  if (!place.request.realm.empty()) return std::vector<std::string>{place.request.realm};
  const auto store = place.OpenStore();
  if (!store) return Failure{store.error()};
  constexpr std::string_view kPrefix = "turn/realm/";
  const auto keys = (*store)->Scan(std::string(kPrefix) + "*/" + std::string(what));
  if (!keys) return Failure{keys.error()};
  std::vector<std::string> realms;
  for (const std::string& key : *keys) {
    const size_t size = key.size() - kPrefix.size() - 1 - what.size();
    std::string realm = key.substr(kPrefix.size(), size);
    if (realm.find('/') == std::string::npos) realms.push_back(std::move(realm));
  }
  return realms;
}

// Who calls turnadmin -S wants to read them.
Done PrintSecrets(Workplace& place) {
  const auto realms = RealmsWith(place, "secret");
  if (!realms) return Failure{realms.error()};
  for (const std::string& realm : *realms) {
    const auto secrets = SecretsOf(place, realm);
    if (!secrets) return Failure{secrets.error()};
    for (const std::string& secret : *secrets) {
      place.console.out << Printable(secret) << "[" << Printable(realm) << "]\n";
    }
  }
  return Ok();
}

Done PrintOrigins(Workplace& place) {
  const auto origins = OriginsOf(place, place.request.realm);
  if (!origins) return Failure{origins.error()};
  for (const auto& [origin, realm] : *origins) {
    place.console.out << Printable(origin) << " ==>> " << Printable(realm) << "\n";
  }
  return Ok();
}

// turnadmin needs no realm for it.
Done DeleteOrigin(Workplace& place) {
  if (place.request.origins.empty()) return UsedWrongly("which origin? Give -o");
  const auto store = place.OpenStore();
  if (!store) return Failure{store.error()};
  const std::string key = std::string(kOriginPrefix) + CanonicalOrigin(place.request.origins[0]);
  const auto gone = (*store)->Ask({"DEL", key});
  if (!gone) return Failure{gone.error()};
  if (gone->integer() == 0) return CouldNot("there is no such origin");
  return Ok();
}

Done PrintRealmOptions(Workplace& place) {
  const auto store = place.OpenStore();
  if (!store) return Failure{store.error()};
  std::vector<std::pair<std::string, std::string>> lines;  // realm and what follows it
  for (const char* limit : kRealmLimits) {
    const auto realms = RealmsWith(place, limit);
    if (!realms) return Failure{realms.error()};
    for (const std::string& realm : *realms) {
      const auto value = (*store)->Ask({"GET", "turn/realm/" + realm + "/" + limit});
      if (!value) return Failure{value.error()};
      if (!value->is_nil()) lines.emplace_back(realm, std::string(limit) + " = " + value->text());
    }
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [realm, rest] : lines) {
    place.console.out << Printable(realm) << "/" << Printable(rest) << "\n";
  }
  return Ok();
}

Done SetRealmOptions(Workplace& place) {
  if (place.request.fields.empty()) {
    return UsedWrongly("-g sets what? Give --max-bps, --total-quota or --user-quota");
  }
  return AddRealm(place);
}

Done AddOrigin(Workplace& place) {
  if (place.request.origins.empty()) return UsedWrongly("which origin? Give -o");
  return AddRealm(place);
}

Done PrintHelp(Workplace& place) {
  place.console.out << "turnadmin's options as far as they mean something here: -k -a -d -l, -s -S "
                       "-X --delete-all-secrets, -O -R -I, -g -G; with -u -r -p -o -N, --max-bps, "
                       "--total-quota, --user-quota.\nculvert-admin --help has the commands.\n";
  return Ok();
}

Done RunCommand(int command, Workplace& place) {
  switch (command) {
    case 'k':
      return PrintKey(place);
    case 'a':
      return AddRecord(place);
    case 'd':
      return DeleteRecord(place);
    case 'l':
      return ListRecords(place);
    case 's':
      return AddSecret(place);
    case 'S':
      return PrintSecrets(place);
    case 'X':
    case kDeleteAllSecrets:
      return DeleteSecret(place);
    case 'O':
      return AddOrigin(place);
    case 'R':
      return DeleteOrigin(place);
    case 'I':
      return PrintOrigins(place);
    case 'g':
      return SetRealmOptions(place);
    case 'G':
      return PrintRealmOptions(place);
    case 'h':
      return PrintHelp(place);
    default:
      return UsedWrongly("which command? One of -k -a -d -l -s -S -X -O -R -I -g -G");
  }
}

// "--key=..." or "--key": of turnadmin's long names, which must be whole here.
bool IsTurnadminOption(std::string_view word) {
  if (word.size() < 2 || word[0] != '-' || word == "-h" || word == "--help") return false;
  if (word[1] != '-') return std::isalpha(static_cast<unsigned char>(word[1])) != 0;
  const std::string_view name = word.substr(2, word.find('=') - 2);
  return std::any_of(std::begin(kLongOptions), std::end(kLongOptions) - 1,
                     [name](const option& each) { return name == each.name; });
}

}  // namespace

bool IsForTurnadmin(int argc, const char* const* argv) {
  if (argc < 1) return false;
  const std::string_view program = argv[0];
  if (program.substr(program.rfind('/') + 1) == "turnadmin") return true;
  return argc > 1 && IsTurnadminOption(argv[1]);
}

Done RunAsTurnadmin(int argc, const char* const* argv, Console& console) {
  auto line = Read(argc, argv);
  if (!line) return Failure{line.error()};
  // turnadmin -a writes over what is there.
  line->request.replace = true;
  line->request.quiet = true;
  line->request.every_secret = line->command == kDeleteAllSecrets;
  Workplace place(line->request, console);
  return RunCommand(line->command, place);
}

}  // namespace culvert::auth::admin
