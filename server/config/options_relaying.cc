// What is relayed, from which addresses and ports, and to whom.

#include <algorithm>
#include <array>

#include "server/config/option_groups.h"
#include "server/config/option_row.h"
#include "server/config/setters.h"

namespace culvert::config {
namespace {

std::optional<std::string> AddExternalIp(Options& options, std::string_view value) {
  const size_t slash = value.find('/');
  ExternalIp mapping;
  const std::optional<IpAddress> external = IpAddress::Parse(value.substr(0, slash));
  if (!external) return std::string("expected PUBLIC or PUBLIC/PRIVATE, both IP addresses");
  mapping.external = *external;
  if (slash != std::string_view::npos) {
    mapping.relay = IpAddress::Parse(value.substr(slash + 1));
    if (!mapping.relay) return std::string("expected PUBLIC/PRIVATE, both IP addresses");
    if (mapping.relay->family() != external->family()) {
      return std::string("PUBLIC and PRIVATE must both be IPv4 or both be IPv6");
    }
  }
  const bool taken = std::any_of(
      options.external_ips.begin(), options.external_ips.end(), [&](const ExternalIp& other) {
        return other.relay == mapping.relay && other.external.family() == external->family();
      });
  if (taken) return std::string("there is a public address for the same relay address already");
  options.external_ips.push_back(mapping);
  return std::nullopt;
}

// 0 is coturn's word for one thread; here 0 in Options means one per CPU, the default of both.
std::optional<std::string> SetRelayThreads(Options& options, std::string_view value) {
  const std::optional<uint64_t> number = ParseNumber(value, 0, 1024);
  if (!number) return std::string("expected a number of threads from 0 to 1024");
  options.relay_threads = std::max<uint32_t>(1, static_cast<uint32_t>(*number));
  return std::nullopt;
}

constexpr std::array kOptions = {
    Repeatable(Value("relay-ip", 'E', "IP", "as reached", AddAddress<&Options::relay_ips>,
                     "Address of this machine to relay from. Without it: the address that the "
                     "client reached.")),
    Repeatable(Value("external-ip", 'X', "PUBLIC[/PRIVATE]", "none", AddExternalIp,
                     "Behind a NAT that maps addresses one to one: tell clients PUBLIC in place of "
                     "the relay address PRIVATE, or of every relay address of that family.")),
    Value("min-port", kNoLetter, "PORT", "49152", SetPort<&Options::min_port, 1>,
          "Lowest relay port."),
    Value("max-port", kNoLetter, "PORT", "65535", SetPort<&Options::max_port, 1>,
          "Highest relay port."),
    Value("relay-threads", 'm', "NUMBER", "one per usable CPU", SetRelayThreads,
          "Threads that relay. 0 is taken for 1, as it means a single thread in coturn."),
    Flag("no-udp-relay", kNoLetter, "no", SetFlag<&Options::udp_relay, false>,
         "No UDP to peers: only TCP allocations (RFC 6062)."),
    Flag("no-tcp-relay", kNoLetter, "no", SetFlag<&Options::tcp_relay, false>,
         "No TCP to peers: no TCP allocations (RFC 6062)."),
    Flag("allow-loopback-peers", kNoLetter, "no", SetFlag<&Options::allow_loopback_peers>,
         "Peers may be on this machine's loopback addresses. For tests only: it opens every "
         "service that trusts 127.0.0.1."),
    Flag("no-multicast-peers", kNoLetter, "yes", SetFlag<&Options::allow_multicast_peers, false>,
         "Multicast and broadcast peers are refused. Unlike coturn this is so unless "
         "no-multicast-peers=no is given."),
    Repeatable(
        Value("allowed-peer-ip", kNoLetter, "RANGE", "none", AddRange<&Options::allowed_peers>,
              "Peers that are welcome even where a rule denies them: an address, FIRST-LAST, "
              "or ADDRESS/BITS.")),
    Repeatable(Value("denied-peer-ip", kNoLetter, "RANGE", "none", AddRange<&Options::denied_peers>,
                     "Peers that are refused: an address, FIRST-LAST, or ADDRESS/BITS.")),

    NoEffectValue("relay-device", "DEVICE", "",
                  "sockets are not bound to devices; name the addresses with relay-ip", 'i'),
    NoEffectValue("cpus", "NUMBER", "", "usable CPUs are counted; relay-threads sets the threads"),
    NoEffectFlag("server-relay", "no", "packets from peers without a permission are never relayed"),
    NoEffectValue("allocation-default-address-family", "ipv4|ipv6|keep", "ipv4",
                  "an Allocate that names no family gets IPv4, as RFC 8656 says", 'A'),
    NoEffectFlag("keep-address-family", "no",
                 "an Allocate that names no family gets IPv4, as RFC 8656 says", 'K'),
    NoEffectFlag("multiplex-peer", "no", "every allocation has a relay port of its own"),
    NoEffectValue("multiplex-peer-port", "PORT", "",
                  "every allocation has a relay port of its own"),
    NoEffectValue("multiplex-peer-max-peers", "NUMBER", "",
                  "every allocation has a relay port of its own"),
    Flag("rfc5766-channel-numbers", kNoLetter, "no", SetFlag<&Options::rfc5766_channel_numbers>,
         "Let clients bind channels up to 0x7FFF, as RFC 5766 did; RFC 8656 ends at 0x4FFF. "
         "turnutils_uclient of coturn needs it."),
    NoEffectFlag("no-loopback-peers", "",
                 "obsolete: loopback peers are refused unless allow-loopback-peers is given"),
    NoEffectValue("alternate-server", "IP[:PORT]", "",
                  "clients are not redirected (300 Try Alternate); balance by DNS or in front"),
    NoEffectValue("tls-alternate-server", "IP[:PORT]", "",
                  "clients are not redirected (300 Try Alternate); balance by DNS or in front"),
    NoEffectValue("tcp-alternate-server", "IP[:PORT]", "",
                  "clients are not redirected (300 Try Alternate); balance by DNS or in front"),
    NoEffectValue("udp-alternate-server", "IP[:PORT]", "",
                  "clients are not redirected (300 Try Alternate); balance by DNS or in front"),
};

}  // namespace

std::span<const Option> RelayingOptions() {
  return kOptions;
}

}  // namespace culvert::config
