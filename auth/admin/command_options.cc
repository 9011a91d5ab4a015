// Options that several commands have (command_tree.h).

#include <utility>

#include "auth/admin/command_tree.h"

namespace culvert::auth::admin {

void CommandTree::TakeName(CLI::App* app, const std::string& help) {
  app->add_option("NAME", request_.name, help)->required()->type_name("");
}

void CommandTree::TakeRealm(CLI::App* app, const std::string& help) {
  app->add_option("-r,--realm", request_.realm, help)->type_name("REALM");
}

void CommandTree::TakePassword(CLI::App* app, const std::string& what) {
  app->add_option_function<std::string>(
         "--" + what + "-file", [this](const std::string& path) { request_.secret.file = path; },
         "The " + what + " is the first line of this file; - is standard input")
      ->type_name("FILE");
  app->add_option_function<std::string>(
         "--" + what, [this](const std::string& text) { request_.secret.value = text; },
         "The " + what + " itself, which others on this machine can read")
      ->type_name("TEXT");
}

void CommandTree::TakeKeysFile(CLI::App* app, const std::string& lines) {
  app->add_option("--keys-file", request_.keys_file,
                  "A file (- is standard input) with lines " + lines)
      ->type_name("FILE");
}

void CommandTree::TakeField(CLI::App* app, const std::string& name, const std::string& metavar,
                            const std::string& help) {
  app->add_option_function<std::string>(
         "--" + name, [this, name](const std::string& value) { request_.fields[name] = value; },
         help)
      ->type_name(metavar);
}

void CommandTree::TakePolicy(CLI::App* app) {
  TakeField(app, "expires", "WHEN", "Unix seconds, or +30d, +12h, +15m, +90s from now on");
  TakeField(app, "user-quota", "N", "Allocations at a time");
  TakeField(app, "max-bps", "N", "Bytes a second of an allocation and direction");
  TakeField(app, "max-lifetime", "SECONDS", "Of an allocation");
  TakeField(app, "allowed-peer-ip", "RANGES", "Peers, with commas between them");
  TakeField(app, "denied-peer-ip", "RANGES", "Peers, with commas between them");
}

void CommandTree::TakeDigestFields(CLI::App* app) {
  TakeKeysFile(app, "ha1=HEX, ha1-sha256=HEX");
  TakeField(app, "ha1", "HEX", "MD5 of NAME:REALM:PASSWORD in place of a password");
  TakeField(app, "ha1-sha256", "HEX", "SHA-256 of the same");
  TakeField(app, "subject", "NAME", "Who this is for quotas; the name without it");
  TakePolicy(app);
  app->add_flag("--expire-key", request_.expire_key,
                "Have Redis remove the record when it expires");
}

void CommandTree::TakeGbaFields(CLI::App* app) {
  TakeKeysFile(app, "ks-naf=HEX; or ks-int-naf=HEX; or ks=HEX; or ck=HEX and ik=HEX");
  TakeField(app, "naf", "FQDN", "The NAF that ks-naf is for");
  TakeField(app, "ua", "HEX", "The Ua security protocol that ks-naf is for");
  TakeField(app, "rand", "HEX", "RAND, with ks; without it that in the B-TID");
  TakeField(app, "impi", "NAME", "Who it is; needed with ks");
  TakePolicy(app);
}

void CommandTree::TakePointers(CLI::App* app, const std::string& verb) {
  app->add_flag("--userhash", request_.userhash,
                verb + " culvert/userhash/<hex>, too (see redis-userhash)");
  app->add_option("--impu", request_.impus,
                  verb + " culvert/impu/<IMPU>, too (see redis-impu); repeatable")
      ->type_name("IMPU")
      ->allow_extra_args(false);
}

void CommandTree::TakeReplace(CLI::App* app) {
  app->add_flag("--replace", request_.replace, "Write what is there already anew");
}

void CommandTree::TakeRanges(CLI::App* app) {
  const std::pair<const char*, std::vector<std::string>*> options[] = {
      {"--allowed-peer-ip", &request_.allowed}, {"--denied-peer-ip", &request_.denied}};
  for (const auto& [name, values] : options) {
    app->add_option(name, *values, "ADDRESS, FIRST-LAST or ADDRESS/BITS; repeatable")
        ->type_name("RANGE")
        ->allow_extra_args(false);
  }
  app->add_option("--origin", request_.origins,
                  "A web origin, or a TLS server name, that leads to the realm; repeatable")
      ->type_name("ORIGIN")
      ->allow_extra_args(false);
}

void CommandTree::TakeUserFile(CLI::App* app) {
  app->add_option("--file", request_.file, "The relay's user-file, in place of Redis")
      ->type_name("FILE");
}

void CommandTree::TakeNode(CLI::App* app) {
  app->add_option("--node", request_.node, "The relay's admin-address")
      ->type_name("IP:PORT")
      ->capture_default_str();
  TakePassword(app, "token");
}

void CommandTree::TakeSessions(CLI::App* app) {
  app->add_option("--user", request_.name, "Of this user")->type_name("NAME");
  app->add_option("--id", request_.session, "This one, as in the log")->type_name("ID");
}

}  // namespace culvert::auth::admin
