// STUN alone, and what every STUN message carries.

#include <array>

#include "server/config/option_groups.h"
#include "server/config/option_row.h"
#include "server/config/setters.h"

namespace culvert::config {
namespace {

constexpr std::string_view kNoDiscovery = "NAT behaviour discovery (RFC 5780) is not offered";

constexpr std::array kOptions = {
    Flag("stun-only", 'S', "no", SetFlag<&Options::stun_only>,
         "Answer Binding and refuse TURN. This is so, too, while there are neither users nor "
         "secrets, unless no-auth is given."),
    Flag("no-stun", kNoLetter, "no", SetFlag<&Options::no_stun>, "Answer TURN and not Binding."),
    Flag("fingerprint", 'f', "no", SetFlag<&Options::fingerprint>,
         "FINGERPRINT in every answer; otherwise in answers to requests that carry it."),
    Flag("software-attribute", kNoLetter, "yes", SetFlag<&Options::software_attribute>,
         "SOFTWARE in every answer: the name of this program."),
    Flag("no-software-attribute", kNoLetter, "no", SetFlag<&Options::software_attribute, false>,
         "No SOFTWARE in answers."),
    Flag("prod", kNoLetter, "no", SetFlag<&Options::software_attribute, false>,
         "Older name of no-software-attribute."),
    NoEffectFlag("rfc5780", "no", kNoDiscovery),
    NoEffectFlag("no-rfc5780", "yes", kNoDiscovery),
    NoEffectFlag("response-origin-only-with-rfc5780", "yes", kNoDiscovery),
    NoEffectFlag("stun-backward-compatibility", "no",
                 "Binding is answered with XOR-MAPPED-ADDRESS only"),
    NoEffectFlag("no-stun-backward-compatibility", "",
                 "obsolete: Binding is answered with XOR-MAPPED-ADDRESS only"),
    NoEffectFlag("rfc3489-compatibility", "no", "requests without the magic cookie are not STUN"),
    NoEffectFlag("include-reason-string", "yes", "every error answer carries its reason"),
};

}  // namespace

std::span<const Option> StunOptions() {
  return kOptions;
}

}  // namespace culvert::config
