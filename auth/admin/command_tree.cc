#include "auth/admin/command_tree.h"

#include <ostream>
#include <utility>
#include <vector>

#include "auth/admin/dump.h"
#include "auth/admin/key_tool.h"
#include "auth/admin/node.h"
#include "auth/admin/realms.h"
#include "auth/admin/records.h"
#include "auth/admin/secrets.h"
#include "auth/admin/user_file.h"
#include "server/config/version.h"

namespace culvert::auth::admin {
namespace {

constexpr const char* kAbout =
    "Users, secrets and keys of the relay, in Redis or in a file; sessions of a running one.\n"
    "The options of coturn's turnadmin are taken, too: culvert-admin -a -u gorst -r north.gov ...";

constexpr const char* kExamples = R"(Examples:
  export CULVERT_REDIS="ip=127.0.0.1 port=6379 dbname=0"
  culvert-admin add digest alice@home1.net --realm home1.net       asks for the password
  culvert-admin show digest alice@home1.net --realm home1.net
  culvert-admin bar user gorst --realm north.gov
  culvert-admin list user --json
  culvert-admin add user gorst --realm north.gov --file /etc/culvert/users
  culvert-admin key user gorst --realm north.gov
  culvert-admin dump --out /root/users.jsonl
  culvert-admin kick --user gorst --token-file /etc/culvert/admin-token
Passwords and keys are asked for, or read from --password-file and --keys-file ("-" is standard
input). On the command line everybody on this machine can read them.
Exit status: 0 done, 1 could not, 2 used wrongly. docs/culvert-admin.md says more.)";

// In a file, or in Redis.
CommandTree::Command EitherWay(Done (*in_file)(Workplace&), Done (*in_redis)(Workplace&)) {
  return [in_file, in_redis](Workplace& place) {
    return place.request.file.empty() ? in_redis(place) : in_file(place);
  };
}

// One value each time it is given.
void TakeMany(CLI::App* app, const std::string& name, std::vector<std::string>* values,
              const std::string& metavar, const std::string& help) {
  app->add_option(name, *values, help)->type_name(metavar)->allow_extra_args(false);
}

}  // namespace

CommandTree::CommandTree() : app_(kAbout, "culvert-admin") {
  app_.footer(kExamples);
  app_.require_subcommand(1);
  app_.set_version_flag("--version", "culvert-admin " + std::string(config::kVersion));
  app_.get_formatter()->column_width(34);
  AddGlobalOptions();
  AddAdding();
  AddSetting();
  AddLooking();
  AddDeleting();
  AddBarring();
  AddDumping();
  AddKeys();
  AddNode();
}

std::optional<int> CommandTree::Parse(int argc, const char* const* argv, Console& console) {
  try {
    app_.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
      app_.exit(error, console.out, console.err);
      return kExitDone;
    }
    // CLI11 misses a command before it wonders about what stands in its place.
    const std::vector<std::string> rest = app_.remaining(/*recurse=*/true);
    const std::string what = rest.empty() ? error.what() : rest.front() + ": not understood here";
    console.err << "culvert-admin: " << Printable(what)
                << "\nSee culvert-admin --help, and --help behind a command.\n";
    return kExitUsedWrongly;
  }
}

void CommandTree::AddGlobalOptions() {
  app_.add_option("--redis", request_.redis,
                  "Where Redis is, as redis-userdb has it. Better in the environment variable "
                  "CULVERT_REDIS when it holds a password")
      ->type_name("STRING");
  app_.add_option("--config", request_.config,
                  "A turnserver.conf, whose redis-userdb and realm are taken")
      ->type_name("FILE");
  app_.add_flag("--json", request_.json, "Results as JSON");
  app_.add_flag("--secrets", request_.show_secrets, "Show keys and secrets, too");
}

CLI::App* CommandTree::Verb(const std::string& name, const std::string& help) {
  CLI::App* const verb = app_.add_subcommand(name, help);
  verb->require_subcommand(1);
  // Options of all commands may stand behind the command, too.
  verb->fallthrough();
  verb->footer("--help behind one of these says what it takes.");
  return verb;
}

CLI::App* CommandTree::AddCommand(CLI::App* parent, const std::string& name,
                                  const std::string& help, Command command) {
  CLI::App* const app = parent->add_subcommand(name, help);
  app->fallthrough();
  app->footer("");
  app->callback([this, command = std::move(command)] { command_ = command; });
  return app;
}

CLI::App* CommandTree::AddKind(CLI::App* verb, Kind kind, const std::string& help,
                               Command command) {
  CLI::App* const app = verb->add_subcommand(NameOf(kind), help);
  app->fallthrough();
  app->footer("");
  app->callback([this, kind, command = std::move(command)] {
    request_.kind = kind;
    command_ = command;
  });
  return app;
}

void CommandTree::AddAdding() {
  CLI::App* const add =
      Verb("add", "Write a record; one that is there is left alone without --replace");

  CLI::App* app = AddKind(add, Kind::kUser, "A user with an MD5 key, as turnadmin -a writes it",
                          EitherWay(AddFileUser, AddRecord));
  TakeName(app, "The user's name");
  TakeRealm(app);
  TakePassword(app, "password");
  TakeField(app, "key", "HEX", "MD5 of NAME:REALM:PASSWORD in place of a password");
  TakePointers(app, "Write");
  TakeReplace(app);
  TakeUserFile(app);
  app->add_flag("--sha256", request_.as_sha256, "With --file: a SHA-256 key in place of MD5");
  app->add_flag("--plain", request_.as_password,
                "With --file: the password itself, which serves MD5 and SHA-256");

  app = AddKind(add, Kind::kDigest, "A SIP Digest user, or any other with MD5 and SHA-256 keys",
                AddRecord);
  TakeName(app, "The digest username (IMPI)");
  TakeRealm(app, "The realm of SIP, which must be that of TURN");
  TakePassword(app, "password");
  TakeDigestFields(app);
  TakePointers(app, "Write");
  TakeReplace(app);

  app = AddKind(add, Kind::kGba, "A bootstrapping (TS 33.220)", AddRecord);
  TakeName(app, "The B-TID");
  TakeGbaFields(app);
  TakeReplace(app);

  app = AddKind(add, Kind::kSecret, "A shared secret of the TURN REST API", AddSecret);
  TakeRealm(app);
  TakePassword(app, "secret");

  app =
      AddKind(add, Kind::kOauth, "A key for access tokens (RFC 7635), as coturn has it", AddRecord);
  TakeName(app, "The key's name (kid)");
  TakeKeysFile(app, "ikm_key=BASE64");
  TakeField(app, "as_rs_alg", "NAME", "A256GCM or A128GCM");
  TakeField(app, "timestamp", "SECONDS", "From when on it holds");
  TakeField(app, "lifetime", "SECONDS", "For how long");
  app->add_option_function<std::string>(
         "--realm", [this](const std::string& realm) { request_.fields["realm"] = realm; },
         "The realm that it is for")
      ->type_name("REALM");
  TakeReplace(app);

  app = AddKind(add, Kind::kRealm, "Limits, peers and origins of a realm; 0 removes a limit",
                AddRealm);
  app->add_option("REALM", request_.realm, "The realm")->required()->type_name("");
  TakeField(app, "user-quota", "N", "Allocations of a user at a time");
  TakeField(app, "total-quota", "N", "Allocations of the realm at a time");
  TakeField(app, "max-bps", "N", "Bytes a second of an allocation and direction");
  TakeRanges(app);
}

void CommandTree::AddSetting() {
  CLI::App* const set =
      Verb("set", "Change fields of a record and leave the rest; \"\" removes one");

  CLI::App* app = AddKind(set, Kind::kDigest, "A SIP Digest user", SetRecord);
  TakeName(app, "The digest username");
  TakeRealm(app);
  app->add_flag("--ask-password", request_.ask_password, "Ask for a new password");
  TakePassword(app, "password");
  TakeDigestFields(app);

  app = AddKind(set, Kind::kGba, "A bootstrapping", SetRecord);
  TakeName(app, "The B-TID");
  TakeGbaFields(app);
}

void CommandTree::AddLooking() {
  CLI::App* const show = Verb("show", "What a record holds; keys only with --secrets");
  CLI::App* const list = Verb("list", "Names, without what is in the records");
  struct Row {
    Kind kind;
    const char* help;
    Command show;
    Command list;
  };
  const Row rows[] = {
      {Kind::kUser, "coturn's users", EitherWay(ShowFileUser, ShowRecord),
       EitherWay(ListFileUsers, ListRecords)},
      {Kind::kDigest, "SIP Digest users", ShowRecord, ListRecords},
      {Kind::kGba, "Bootstrappings", ShowRecord, ListRecords},
      {Kind::kSecret, "Shared secrets of a realm", ShowSecrets, ListSecrets},
      {Kind::kOauth, "Keys for access tokens", ShowRecord, ListRecords},
      {Kind::kRealm, "Limits, peers and origins", ShowRealm, ListRealms},
  };
  for (const Row& row : rows) {
    CLI::App* const one = AddKind(show, row.kind, row.help, row.show);
    if (row.kind == Kind::kRealm) {
      one->add_option("REALM", request_.realm, "The realm")->required()->type_name("");
    } else {
      if (row.kind != Kind::kSecret) TakeName(one, "Its name");
      if (HasRealm(row.kind)) TakeRealm(one);
    }
    CLI::App* const all = AddKind(list, row.kind, row.help, row.list);
    if (HasRealm(row.kind) && row.kind != Kind::kRealm) TakeRealm(all, "Of this realm alone");
    if (row.kind == Kind::kUser) {
      TakeUserFile(one);
      TakeUserFile(all);
    }
  }
}

void CommandTree::AddDeleting() {
  CLI::App* const verb =
      Verb("delete", "Remove a record; allocations that it opened end within seconds");
  CLI::App* app =
      AddKind(verb, Kind::kUser, "One of coturn's users", EitherWay(DeleteFileUser, DeleteRecord));
  TakeName(app, "The user's name");
  TakeRealm(app);
  TakePointers(app, "Remove");
  TakeUserFile(app);

  app = AddKind(verb, Kind::kDigest, "A SIP Digest user", DeleteRecord);
  TakeName(app, "The digest username");
  TakeRealm(app);
  TakePointers(app, "Remove");

  app = AddKind(verb, Kind::kGba, "A bootstrapping", DeleteRecord);
  TakeName(app, "The B-TID");

  app = AddKind(verb, Kind::kSecret, "A shared secret, or all of a realm", DeleteSecret);
  TakeRealm(app);
  TakePassword(app, "secret");
  app->add_flag("--all", request_.every_secret, "All secrets of the realm");

  app = AddKind(verb, Kind::kOauth, "A key for access tokens", DeleteRecord);
  TakeName(app, "The key's name (kid)");

  app =
      AddKind(verb, Kind::kRealm,
              "Peers and origins that are named; else all limits, peers and origins of the realm. "
              "Users and secrets stay",
              DeleteRealm);
  app->add_option("REALM", request_.realm, "The realm")->required()->type_name("");
  TakeRanges(app);
}

void CommandTree::AddBarring() {
  struct Row {
    const char* name;
    const char* help;
    Done (*command)(Workplace&);
  };
  const Row rows[] = {
      {"bar", "Refuse a user, whose allocations end within seconds, and keep the record",
       BarRecord},
      {"unbar", "Let the user in again", UnbarRecord}};
  for (const Row& row : rows) {
    CLI::App* const verb = Verb(row.name, row.help);
    CLI::App* app =
        AddKind(verb, Kind::kUser, "A user of any kind by name, by a digest record without keys",
                row.command);
    TakeName(app, "The user's name");
    TakeRealm(app);
    app = AddKind(verb, Kind::kDigest, "A SIP Digest user", row.command);
    TakeName(app, "The digest username");
    TakeRealm(app);
    app = AddKind(verb, Kind::kGba, "A bootstrapping", row.command);
    TakeName(app, "The B-TID");
  }
}

void CommandTree::AddDumping() {
  CLI::App* app = AddCommand(&app_, "dump", "All records as lines of JSON", Dump);
  app->add_option("--out", request_.dump_file, "Where to, readable by you alone; else --secrets")
      ->type_name("FILE");
  app = AddCommand(&app_, "restore", "Write what dump wrote", Restore);
  app->add_option("FILE", request_.dump_file, "What dump wrote; - is standard input")
      ->required()
      ->type_name("");
  TakeReplace(app);
}

void CommandTree::AddKeys() {
  CLI::App* const key = Verb("key", "Derive keys; asks nobody");
  CLI::App* app = AddCommand(key, "user", "HA1 (MD5), SHA-256 and USERHASH", PrintUserKeys);
  TakeName(app, "The user's name");
  TakeRealm(app);
  TakePassword(app, "password");

  app = AddCommand(key, "gba", "Ks_NAF and the password (TS 33.220 Annex B)", PrintGbaKeys);
  app->add_option("--ck", request_.ck, "32 hex digits (others on this machine can read it)");
  app->add_option("--ik", request_.ik, "32 hex digits (likewise)");
  TakeKeysFile(app, "ck=HEX and ik=HEX, or ks=HEX; rand=HEX");
  app->add_option("--rand", request_.rand, "32 hex digits");
  app->add_option("--impi", request_.impi, "The private identity")->required();
  app->add_option("--naf", request_.naf, "The FQDN of the NAF")->required();
  app->add_option("--ua", request_.ua, "10 hex digits; 0100000002 (HTTP Digest) without it");
  app->add_flag("--uicc", request_.uicc, "Ks_int_NAF, the card's");

  request_.ttl_seconds = 86400;
  app = AddCommand(&app_, "credential", "A user of the TURN REST API, welcome until a date",
                   PrintCredential);
  app->add_option("--user", request_.name, "The part behind the date");
  app->add_option("--ttl", request_.ttl_seconds, "For how many seconds")->capture_default_str();
  TakeMany(app, "--uri", &request_.uris, "URI", "turn:... or turns:..., to be printed with it");
  TakeRealm(app, "With --redis or --config: whose secret is taken");
  TakePassword(app, "secret");
}

void CommandTree::AddNode() {
  CLI::App* app = AddCommand(&app_, "list-sessions", "Who relays on a node, now", ListNodeSessions);
  TakeNode(app);
  TakeSessions(app);
  app->add_option("--limit", request_.limit, "How many at the most; 1000 without it")
      ->type_name("N");

  app =
      AddCommand(&app_, "kick", "End allocations; who is not barred may come again", KickSessions);
  TakeNode(app);
  TakeSessions(app);

  app = AddCommand(&app_, "drain", "A node takes nobody new, and ends with its last allocation",
                   DrainNode);
  TakeNode(app);
  app->add_option("--timeout", request_.timeout, "End it after so long in any case")
      ->type_name("SECONDS");
}

}  // namespace culvert::auth::admin
