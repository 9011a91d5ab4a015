#!/bin/bash
# Usage: pion_test.sh RELAY [PION_CLIENT]
# pion's TURN client (pion/client.go) relays over UDP, TCP and TLS and is refused with a wrong
# password. Without PION_CLIENT the client is compiled first.
set -euo pipefail

RELAY_BINARY=$1
here=$(dirname "$0")
source "$here/relay.sh"
# shellcheck disable=SC2119  # the script's own arguments are not the relay's
start_relay

client=${2:-}
if [[ -z $client ]]; then
  client=$RELAY_DIR/pion_client
  "$here/pion/build.sh" "$here/pion/client.go" "$client"
fi

# pion TRANSPORT EXPECTED-LINE FLAGS...
pion() {
  local transport=$1 expected=$2 port=$RELAY_PORT said
  shift 2
  [[ $transport == tls ]] && port=$RELAY_TLS_PORT
  said=$(timeout 60 "$client" -server "127.0.0.1:$port" -transport "$transport" \
    -ca "$RELAY_CERT" -user alice -realm culvert.test "$@" 2>&1) ||
    fail "pion over $transport with $*: $said"
  [[ $said == "$expected" ]] || fail "pion over $transport with $*: $said"
}

for transport in udp tcp tls; do
  # 5 and 1201 need padding on streams. pion's own framing waits for more than 8 bytes of a stream,
  # so nothing shorter than 5 is sent on one.
  for size in 5 160 1201; do
    pion "$transport" "ok 100 packets" -password wonderland -count 100 -size "$size"
    echo "ok - 100 packets of $size bytes come back over $transport"
  done
  pion "$transport" "ok refused with 401" -password looking-glass -expect-refused
  echo "ok - a wrong password is refused with 401 over $transport"
done

for size in 1 2 3 4; do
  pion udp "ok 20 packets" -password wonderland -count 20 -size "$size"
done
echo "ok - payloads of 1 to 4 bytes keep their length over udp"

stop_relay
echo "ok - the relay ends with status 0 on SIGTERM"
