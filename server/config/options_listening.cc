// Where clients are awaited.

#include <array>

#include "server/config/option_groups.h"
#include "server/config/option_row.h"
#include "server/config/setters.h"

namespace culvert::config {
namespace {

constexpr std::array kOptions = {
    Repeatable(Value("listening-ip", 'L', "IP", "all", AddAddress<&Options::listening_ips>,
                     "Address to await clients on, IPv4 or IPv6 (:: takes all IPv6). Without it: "
                     "all IPv4 addresses and, where the machine has IPv6, all of those.")),
    Value("listening-port", 'p', "PORT", "3478", SetPort<&Options::listening_port>,
          "Port for UDP, TCP and DTLS. TLS is recognised on it, too. 0 takes any free port."),
    Value("tls-listening-port", kNoLetter, "PORT", "5349", SetPort<&Options::tls_listening_port>,
          "Port for TLS and DTLS. Plain TCP is recognised on it, too. 0 takes any free port."),
    Value("alt-listening-port", kNoLetter, "PORT", "0", SetPort<&Options::alt_listening_port>,
          "A second port like listening-port; 0: none."),
    Value("alt-tls-listening-port", kNoLetter, "PORT", "0",
          SetPort<&Options::alt_tls_listening_port>,
          "A second port like tls-listening-port; 0: none."),
    Repeatable(Value("tls-port", kNoLetter, "PORT", "none", AddPort<&Options::extra_tls_ports>,
                     "A further port for TLS on every listening address, such as 443. Plain TCP is "
                     "recognised on it, too.")),
    Repeatable(Value("tcp-port", kNoLetter, "PORT", "none", AddPort<&Options::extra_tcp_ports>,
                     "A further port for TCP on every listening address, such as 80. TLS is "
                     "recognised on it, too.")),
    Repeatable(Value("aux-server", kNoLetter, "IP:PORT", "none", AddEndpoint<&Options::aux_servers>,
                     "A further address and port for every kind of client that is switched on.")),
    Flag("no-udp", kNoLetter, "no", SetFlag<&Options::udp, false>, "No clients over UDP."),
    Flag("no-tcp", kNoLetter, "no", SetFlag<&Options::tcp, false>, "No clients over plain TCP."),
    Flag("no-tls", kNoLetter, "no", SetFlag<&Options::tls, false>, "No clients over TLS."),
    Flag("dtls", kNoLetter, "yes", SetFlag<&Options::dtls>, "Clients over DTLS are welcome."),
    Flag("no-dtls", kNoLetter, "no", SetFlag<&Options::dtls, false>, "No clients over DTLS."),

    NoEffectValue("listening-device", "DEVICE", "",
                  "sockets are not bound to devices; name the addresses with listening-ip", 'd'),
    NoEffectValue(
        "tcp-proxy-port", "PORT", "0",
        "the PROXY protocol is not read; clients are known by the address they come from"),
    NoEffectFlag("udp-self-balance", "no",
                 "clients are not redirected; UDP is spread over all threads by the kernel"),
    NoEffectValue("acme-redirect", "URL", "",
                  "HTTP is not answered; renew certificates by DNS or on another port"),
    NoEffectFlag("respond-http-unsupported", "no",
                 "HTTP is not answered; the connection is closed"),
    NoEffectFlag("drop-invalid-packets", "yes",
                 "packets that are not STUN or TURN are always dropped"),
    NoEffectFlag("drop-invalid-packets-log", "no", "dropped packets are counted, not logged"),
    NoEffectValue("sock-buf-size", "BYTES", "", "the server chooses its socket buffers"),
    NoEffectFlag("udp-recvmmsg", "yes", "UDP is always received in batches"),
    NoEffectFlag("udp-recvmmsg-log", "no", "batches are not logged"),
    NoEffectFlag("udp-sendmmsg-log", "no", "batches are not logged"),
    NoEffectFlag("udp-gso", "yes", "UDP is sent in batches where it pays, without being told"),
};

}  // namespace

std::span<const Option> ListeningOptions() {
  return kOptions;
}

}  // namespace culvert::config
