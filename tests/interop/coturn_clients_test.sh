#!/bin/bash
# Usage: coturn_clients_test.sh RELAY
# coturn's own clients against the relay. Each case asserts the client's exit status and its
# counters: all bytes sent came back, nothing lost, nothing dropped. The cases run side by side, for
# each spends most of its time waiting.
#
# turnutils_uclient sends its datagrams to turnutils_peer, which echoes them; with -y, and always with
# TCP relaying (-T), two of its clients talk to each other through the relay. Two of its modes are not
# used: with -P (connections from the peer) the client of coturn 4.6 loses half its packets on coturn,
# too, and with -Z it asks for the second address family by a draft's number (0x8032), which RFC 8656
# did not keep.
set -euo pipefail

RELAY_BINARY=$1
source "$(dirname "$0")/relay.sh"
source "$(dirname "$0")/cases.sh"

# As `relays`, and of the relayed ports that the client was given one is even, and the next one is
# another.
relays_port_pair() {
  local output port ports
  output=$(mktemp -p "$RELAY_DIR")
  relays "$@" | tee "$output"
  ports=$(sed -n 's/.*Received relay addr: .*:\([0-9]*\)$/\1/p' "$output")
  for port in $ports; do
    if ((port % 2 == 0)) && grep -qx $((port + 1)) <<<"$ports"; then return; fi
  done
  echo "no pair of ports among: $ports"
  return 1
}

# tells_address SERVER PATTERN: a Binding request is answered with the address that it came from.
tells_address() {
  local output status=0
  output=$(mktemp -p "$RELAY_DIR")
  timeout --foreground 20 turnutils_stunclient -p "$RELAY_PORT" "$1" >"$output" 2>&1 || status=$?
  cat "$output"
  [[ $status == 0 ]] || { echo "status $status" && return 1; }
  grep -qE "UDP reflexive addr: $2:[0-9]+$" "$output"
}

start_relay
start_peer

alice=(-u alice -w wonderland)
peer4=(-e 127.0.0.1 -r "$PEER_PORT")
peer6=(-e ::1 -r "$PEER_PORT")
udp=("$RELAY_PORT" 127.0.0.1)
tls=("$RELAY_TLS_PORT" 127.0.0.1)

case_in_background "channels over UDP" \
  relays "$stream" "${udp[@]}" -c "${alice[@]}" "${peer4[@]}"
case_in_background "channels over TCP" \
  relays "$stream" "${udp[@]}" -c -t "${alice[@]}" "${peer4[@]}"
case_in_background "channels over TLS" \
  relays "$stream" "${tls[@]}" -c -t -S "${alice[@]}" "${peer4[@]}"
case_in_background "channels over DTLS" \
  relays "$stream" "${tls[@]}" -c -S "${alice[@]}" "${peer4[@]}"
case_in_background "Send and Data indications over UDP" \
  relays "$stream" "${udp[@]}" -c -s "${alice[@]}" "${peer4[@]}"
case_in_background "Send and Data indications over TLS" \
  relays "$stream" "${tls[@]}" -c -s -t -S "${alice[@]}" "${peer4[@]}"
case_in_background "ChannelData padded to four bytes over UDP" \
  relays "$stream" "${udp[@]}" -c -D "${alice[@]}" "${peer4[@]}"
case_in_background "an even port and the reserved one behind it over UDP" \
  relays_port_pair $((2 * stream)) "${udp[@]}" "${alice[@]}" "${peer4[@]}"
case_in_background "an even port and the reserved one behind it over TLS" \
  relays_port_pair $((2 * stream)) "${tls[@]}" -t -S "${alice[@]}" "${peer4[@]}"
case_in_background "from one relayed address to another" \
  relays $((2 * stream)) "${udp[@]}" -c -y "${alice[@]}"
case_in_background "TCP relaying over TCP" \
  relays $((2 * stream)) "${udp[@]}" -T "${alice[@]}"
case_in_background "TCP relaying over TLS" \
  relays $((2 * stream)) "${tls[@]}" -T -S "${alice[@]}"
case_in_background "an IPv6 relayed address for an IPv4 client" \
  relays "$stream" "${udp[@]}" -c -x "${alice[@]}" "${peer6[@]}"
case_in_background "an IPv6 relayed address for an IPv6 client over UDP" \
  relays "$stream" "$RELAY_PORT" ::1 -c -x "${alice[@]}" "${peer6[@]}"
case_in_background "an IPv6 relayed address for an IPv6 client over TLS" \
  relays "$stream" "$RELAY_TLS_PORT" ::1 -c -x -t -S "${alice[@]}" "${peer6[@]}"
case_in_background "an IPv4 relayed address for an IPv6 client" \
  relays "$stream" "$RELAY_PORT" ::1 -c -X "${alice[@]}" "${peer4[@]}"
case_in_background "ten clients at once over TLS" \
  relays $((10 * stream)) "${tls[@]}" -c -m 10 -t -S "${alice[@]}" "${peer4[@]}"
case_in_background "a wrong password is refused over UDP" \
  refuses "${udp[@]}" -u alice -w looking-glass "${peer4[@]}"
case_in_background "a wrong password is refused over TLS" \
  refuses "${tls[@]}" -t -S -u alice -w looking-glass "${peer4[@]}"
case_in_background "an unknown user is refused" \
  refuses "${udp[@]}" -u mallory -w wonderland "${peer4[@]}"
case_in_background "no user at all is refused" \
  refuses "${udp[@]}" "${peer4[@]}"
case_in_background "Binding tells an IPv4 client its address" tells_address 127.0.0.1 '127\.0\.0\.1'
case_in_background "Binding tells an IPv6 client its address" tells_address ::1 '::1'
collect_cases
stop_relay
echo "ok - the relay ends with status 0 on SIGTERM"

stop_peer

# Ephemeral credentials: -W makes the client derive its password from the shared secret.
start_relay --use-auth-secret --static-auth-secret=south --static-auth-secret=north
start_peer
peer4=(-e 127.0.0.1 -r "$PEER_PORT")
udp=("$RELAY_PORT" 127.0.0.1)
tls=("$RELAY_TLS_PORT" 127.0.0.1)
case_in_background "a user made up with the first shared secret" \
  relays "$stream" "${udp[@]}" -c -u alice -W south "${peer4[@]}"
case_in_background "a user made up with the second shared secret over TLS" \
  relays "$stream" "${tls[@]}" -c -t -S -u alice -W north "${peer4[@]}"
case_in_background "a user made up with a foreign secret is refused" \
  refuses "${udp[@]}" -u alice -W west "${peer4[@]}"
# base64(HMAC-SHA1("north", "1700000000:alice")): right, but over since November 2023.
case_in_background "an expired user is refused" \
  refuses "${udp[@]}" -u 1700000000:alice -w Cd/49soE35ICqcJF/bCTn8Z4OyE= "${peer4[@]}"
collect_cases
stop_relay

# Client certificates (-i, -k) that must name the user.
authority=$RELAY_DIR/authority
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority \
  -keyout "$authority.key" -out "$authority.pem" 2>"$RELAY_DIR/openssl.log"
for name in alice mallory; do
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" \
    -keyout "$RELAY_DIR/$name.key" -out "$RELAY_DIR/$name.csr" 2>>"$RELAY_DIR/openssl.log"
  openssl x509 -req -days 2 -in "$RELAY_DIR/$name.csr" -CA "$authority.pem" -CAkey "$authority.key" \
    -CAcreateserial -out "$RELAY_DIR/$name.pem" 2>>"$RELAY_DIR/openssl.log"
done
start_relay --CA-file="$authority.pem" --client-cert-user=cn
start_peer
peer4=(-e 127.0.0.1 -r "$PEER_PORT")
tls=("$RELAY_TLS_PORT" 127.0.0.1)
as_alice=(-i "$RELAY_DIR/alice.pem" -k "$RELAY_DIR/alice.key")
as_mallory=(-i "$RELAY_DIR/mallory.pem" -k "$RELAY_DIR/mallory.key")
case_in_background "a user with her certificate over TLS" \
  relays "$stream" "${tls[@]}" -c -t -S "${as_alice[@]}" "${alice[@]}" "${peer4[@]}"
case_in_background "a user with her certificate over DTLS" \
  relays "$stream" "${tls[@]}" -c -S "${as_alice[@]}" "${alice[@]}" "${peer4[@]}"
case_in_background "a user with her certificate relays TCP over TLS" \
  relays $((2 * stream)) "${tls[@]}" -T -S "${as_alice[@]}" "${alice[@]}"
case_in_background "a user with another's certificate is refused over TLS" \
  refuses "${tls[@]}" -t -S "${as_mallory[@]}" "${alice[@]}" "${peer4[@]}"
case_in_background "a user with another's certificate is refused over DTLS" \
  refuses "${tls[@]}" -S "${as_mallory[@]}" "${alice[@]}" "${peer4[@]}"
case_in_background "a user without a certificate is refused over UDP" \
  refuses "$RELAY_PORT" 127.0.0.1 "${alice[@]}" "${peer4[@]}"
collect_cases
stop_relay
for pid in "${peers[@]}"; do end_job "$pid"; done

# Access tokens (RFC 7635): -J makes the client seal tokens itself, with one of three keys that are
# built into it, for the server that THIRD-PARTY-AUTHORIZATION names. Not with -T: its ConnectionBind
# comes without the token, on a connection that has shown none.
start_relay --server-name=turn.culvert.test \
  --oauth-key=north:A256GCM:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEK \
  --oauth-key=union:A128GCM:MTIzNDU2Nzg5MDEyMzQ1Ngo= \
  --oauth-key=oldempire:A256GCM:MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIK
start_peer
peer4=(-e 127.0.0.1 -r "$PEER_PORT")
case_in_background "an access token over UDP" \
  relays "$stream" "$RELAY_PORT" 127.0.0.1 -c -J "${peer4[@]}"
case_in_background "an access token over TLS" \
  relays "$stream" "$RELAY_TLS_PORT" 127.0.0.1 -c -J -t -S "${peer4[@]}"
collect_cases
stop_relay
stop_peer

# Tokens under keys that the relay does not have.
start_relay --server-name=turn.culvert.test --oauth-key=north:A256GCM:$(head -c 32 /dev/zero | base64)
case_in_background "a token under another key is refused" \
  refuses "$RELAY_PORT" 127.0.0.1 -J -e 127.0.0.1 -r "$PEER_PORT"
collect_cases
stop_relay
