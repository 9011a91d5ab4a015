#!/bin/bash
# Usage: culvert_admin_test.sh CULVERT_ADMIN
# culvert-admin and coturn over one Redis: coturn's turnserver serves the users and secrets that
# culvert-admin wrote, to coturn's client; and what turnadmin wrote is listed by culvert-admin, in the
# words in which turnadmin lists it.
set -euo pipefail

ADMIN=$PWD/$1
RELAY_BINARY=$(command -v turnserver)
RELAY_KIND=coturn
source "$(dirname "$0")/relay.sh"

realm=culvert.test

# What turnadmin prints but for its log, whose lines have a time and two colons.
turnadmin_says() {
  turnadmin "$@" -N "$CULVERT_REDIS" 2>/dev/null | grep -v '^[0-9]*: : ' || true
}

# The same lines, in any order.
require_same() {
  local what=$1 expected=$2 found=$3
  [[ $(sort <<<"$expected") == "$(sort <<<"$found")" ]] ||
    fail "$what: expected '$expected', found '$found'"
  echo "ok - $what"
}

# allocates USER PASSWORD-OPTION VALUE: coturn's client gets an allocation and its data back.
allocates() {
  local output=$RELAY_DIR/client
  timeout --foreground 60 turnutils_uclient -y -c -n 5 -l 100 -p "$RELAY_PORT" -u "$1" "$2" "$3" \
    127.0.0.1 >"$output" 2>&1 || { cat "$output" && return 1; }
  grep -qF 'Total lost packets 0 (0.000000%)' "$output" || { cat "$output" && return 1; }
}

refuses() {
  ! timeout --foreground 60 turnutils_uclient -y -c -n 5 -l 100 -p "$RELAY_PORT" -u "$1" "$2" "$3" \
    127.0.0.1 >"$RELAY_DIR/client" 2>&1 || return 1
  grep -qF 'Cannot complete Allocation' "$RELAY_DIR/client"
}

start_redis
RELAY_LOG=$RELAY_DIR/relay.log
# turnserver and turnadmin 4.6 know neither URLs nor sockets.
export CULVERT_REDIS="ip=127.0.0.1 port=$REDIS_PORT dbname=0"

echo wonderland | "$ADMIN" add user carol --realm "$realm" --password-file -
"$ADMIN" add secret --realm "$realm" --secret north
"$ADMIN" -a -u dave -r "$realm" -p caterpillar
"$ADMIN" add realm "$realm" --user-quota 7 --origin https://web.test

require_same "turnadmin lists the users that culvert-admin wrote" \
  "$(printf 'carol[%s]\ndave[%s]' "$realm" "$realm")" "$(turnadmin_says -l)"
require_same "turnadmin lists the secret" "north[$realm]" "$(turnadmin_says -S -r "$realm")"
require_same "turnadmin lists the origin" "https://web.test:443 ==>> $realm" "$(turnadmin_says -I)"
require_same "turnadmin lists the limit" "$realm/user-quota = 7" \
  "$(turnadmin_says -G -r "$realm" | grep -v ' = 0$')"

start_relay --redis-userdb="$CULVERT_REDIS"
allocates carol -w wonderland || fail "carol is not served"
echo "ok - turnserver serves a user of culvert-admin"
allocates dave -w caterpillar || fail "dave is not served"
echo "ok - turnserver serves a user of culvert-admin -a"
"$ADMIN" delete user carol --realm "$realm"
refuses carol -w wonderland || fail "carol is still served"
echo "ok - turnserver refuses a user who was deleted"
stop_relay

start_relay --redis-userdb="$CULVERT_REDIS" --use-auth-secret
allocates erin -W north || fail "a user of the secret is not served"
credential=$("$ADMIN" credential --secret north --user frank)
name=$(awk '$1 == "username" { print $2 }' <<<"$credential")
password=$(awk '$1 == "password" { print $2 }' <<<"$credential")
allocates "$name" -w "$password" || fail "a credential of culvert-admin is not served"
echo "ok - turnserver serves the secret and a credential of culvert-admin"
stop_relay

turnadmin_says -a -u grace -r south.test -p pw >/dev/null
turnadmin_says -s south -r south.test >/dev/null
turnadmin_says -O -o http://south.test -r south.test >/dev/null
turnadmin_says -g -r south.test --max-bps=5000 >/dev/null
require_same "culvert-admin lists what turnadmin wrote" "$(turnadmin_says -l)" "$("$ADMIN" -l)"
require_same "also its secrets" "$(turnadmin_says -S)" "$("$ADMIN" -S)"
require_same "also its origins" "$(turnadmin_says -I)" "$("$ADMIN" -I)"
require_same "also by its own words" "grace[south.test]" "$("$ADMIN" list user -r south.test)"
require_same "also its limits" "south.test/max-bps = 5000" "$("$ADMIN" -G -r south.test)"
require_same "the same keys are derived" "$(turnadmin_says -k -u grace -r south.test -p pw)" \
  "$("$ADMIN" -k -u grace -r south.test -p pw)"
