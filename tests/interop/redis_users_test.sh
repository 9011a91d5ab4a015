#!/bin/bash
# Usage: redis_users_test.sh RELAY PION_CLIENT
# Users whom only Redis knows, with clients and an administrator's tool that are not ours: each kind
# of record opens a UDP and a TCP (RFC 6062) allocation over TLS.
set -euo pipefail

RELAY_BINARY=$1
pion_client=$2
source "$(dirname "$0")/relay.sh"
source "$(dirname "$0")/cases.sh"

start_redis
RELAY_USERS="redis-userdb=\"ip=127.0.0.1 port=$REDIS_PORT dbname=0\"
gba-naf=turn1.home1.net
oauth"
start_relay
start_peer

realm=culvert.test
impi=user1_private@home1.net
# TS 35.207 test set 1 and what follows from it: tests/auth/gba_test.cc shows the derivation.
b_tid='I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net'
ks=b40ba9a3c58b2a05bbf0d987b21bf8cbf769bcd751044604127672711c6d3441
rand=23553cbe9637a89d218ae64dae47bf35
ks_naf=4b51353b588fe4a4d003290278444c909c532749253894709b0bdecfb0382e6e
gba_password=S1E1O1iP5KTQAykCeERMkJxTJ0klOJRwmwvez7A4Lm4=
bootstrapped='BAAAAAAAAAAAAAAAAAAAAA==@bsf.home1.net'

turnadmin() {
  command turnadmin "$@" -r "$realm" -N "ip=127.0.0.1 port=$REDIS_PORT dbname=0" \
    >"$RELAY_DIR/turnadmin.log" 2>&1 || fail "turnadmin $*: $(cat "$RELAY_DIR/turnadmin.log")"
}

# H(A1) of a SIP Digest user, as an HSS has it.
ha1() {  # name password
  printf '%s' "$1:$realm:$2" | md5sum | cut -d ' ' -f 1
}

redis HSET "culvert/digest/$realm/$impi" ha1 "$(ha1 "$impi" sip-password)"
redis HSET "culvert/gba/$b_tid" ks-naf "$ks_naf" naf turn1.home1.net impi "$impi"
redis HSET "culvert/gba/$bootstrapped" ks "$ks" rand "$rand" impi "$impi"
turnadmin -a -u gorst -p hero
turnadmin -s north
# The keys that turnutils_uclient seals its tokens with, written as coturn's web admin does.
redis HMSET turn/oauth/kid/north ikm_key MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEK \
  as_rs_alg A256GCM timestamp 0 lifetime 0 realm crinna.org
redis HMSET turn/oauth/kid/union ikm_key MTIzNDU2Nzg5MDEyMzQ1Ngo= \
  as_rs_alg A128GCM timestamp 0 lifetime 0 realm ''

pion() {  # user password
  local said
  said=$(timeout 60 "$pion_client" -server "127.0.0.1:$RELAY_TLS_PORT" -transport tls \
    -ca "$RELAY_CERT" -user "$1" -password "$2") || return 1
  [[ $said == "ok 100 packets" ]]
}

tls=("$RELAY_TLS_PORT" 127.0.0.1 -t -S)
peer=(-e 127.0.0.1 -r "$PEER_PORT")

admit() {  # what user password
  case_in_background "$1: UDP over TLS" \
    relays "$stream" "${tls[@]}" -c -u "$2" -w "$3" "${peer[@]}"
  case_in_background "$1: TCP over TLS" relays $((2 * stream)) "${tls[@]}" -T -u "$2" -w "$3"
  case_in_background "$1: pion, UDP over TLS" pion "$2" "$3"
  case_in_background "$1: a wrong password is refused" \
    refuses "${tls[@]}" -u "$2" -w "not $3" "${peer[@]}"
}

admit "SIP Digest" "$impi" sip-password
admit "GBA with Ks_NAF" "$b_tid" "$gba_password"
admit "GBA with Ks" "$bootstrapped" "$gba_password"
admit "turnadmin's user" gorst hero
case_in_background "turnadmin's secret: UDP over TLS" \
  relays "$stream" "${tls[@]}" -c -u alice -W north "${peer[@]}"
case_in_background "turnadmin's secret: TCP over TLS" \
  relays $((2 * stream)) "${tls[@]}" -T -u alice -W north
# Not over TCP: this client binds its data connections without the token.
case_in_background "a token: UDP over TLS" \
  relays "$stream" "${tls[@]}" -c -J "${peer[@]}"
case_in_background "who is not in Redis is refused" \
  refuses "${tls[@]}" -u alice -w wonderland "${peer[@]}"
collect_cases
stop_relay
