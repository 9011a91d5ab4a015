# Starts and stops a relay for the tests in this folder. Sourced by bash; set RELAY_BINARY first.
#
#   start_relay [options...]   on free ports of 127.0.0.1 and ::1; options go behind the file's
#   start_redis                an empty one on REDIS_PORT of 127.0.0.1, before start_relay
#   stop_relay                 SIGTERM; the relay must end with status 0
#   fail MESSAGE               says so, shows the relay's log, ends the script with status 1
#   wait_until SECONDS COMMAND...
#   end_job PID                ends a background job and all it started
#
# After start_relay: RELAY_DIR (a directory of its own, for the script's files, too), RELAY_CERT,
# RELAY_PORT, RELAY_TLS_PORT, RELAY_ADMIN_PORT, PEER_PORT (it and the next one are free), RELAY_LOG.
# Realm culvert.test; user alice, password wonderland, unless RELAY_USERS has other lines for the
# configuration. REDIS_PORT: what start_redis took.
#
# With RELAY_KIND=coturn the binary is coturn's turnserver: a case that fails there, too, is the
# fault of the case.

RELAY_KIND=${RELAY_KIND:-culvert}
RELAY_PID=
RELAY_DIR=

# Each background job is a process group of its own, so that it can be ended with all it started.
set -m

complain() {
  echo "FAILED: $*" >&2
  if [[ -n $RELAY_DIR && -f $RELAY_LOG ]]; then
    echo "--- the end of the relay's log" >&2
    tail -n 40 "$RELAY_LOG" >&2
  fi
}

fail() {
  complain "$@"
  exit 1
}

# There is no event to wait for in another program's start, so its door is knocked on.
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.05
  done
}

# True when no socket of any kind or family is bound to the port.
port_is_free() {
  local hex
  printf -v hex '%04X' "$1"
  ! grep -qE "^ *[0-9]+: [0-9A-F]+:$hex " /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6
}

# The first of eight free ports in a row. Below the kernel's ephemeral ports (from 32768), so that
# no outgoing connection takes one between the choice and the bind.
free_port_block() {
  local first port attempt
  for attempt in {1..100}; do
    first=$((20000 + (RANDOM % 1500) * 8))
    for ((port = first; port < first + 8; ++port)); do
      port_is_free "$port" || continue 2
    done
    echo "$first"
    return
  done
  return 1
}

write_relay_configuration() {
  cat <<EOF
realm=culvert.test
lt-cred-mech
${RELAY_USERS:-user=alice:wonderland}
listening-ip=127.0.0.1
listening-ip=::1
relay-ip=127.0.0.1
relay-ip=::1
listening-port=$RELAY_PORT
tls-listening-port=$RELAY_TLS_PORT
cert=$RELAY_CERT
pkey=$RELAY_DIR/key.pem
allow-loopback-peers
log-file=stdout
EOF
  if [[ $RELAY_KIND == coturn ]]; then
    printf '%s\n' no-cli "userdb=$RELAY_DIR/turndb" "pidfile=$RELAY_DIR/pid"
  else
    # turnutils_uclient 4.6 picks channel numbers from RFC 5766's range, up to 0x7FFF.
    # It repeats a request that was refused some thirty times at once, and never one that got no
    # answer.
    printf '%s\n' "admin-address=127.0.0.1:$RELAY_ADMIN_PORT" rfc5766-channel-numbers \
      auth-failures-per-user=0
  fi
}

relay_has_ended() {
  ! kill -0 "$RELAY_PID" 2>/dev/null
}

relay_is_ready() {
  if relay_has_ended; then
    RELAY_PID=
    fail "the relay ended while starting"
  fi
  if [[ $RELAY_KIND == coturn ]]; then
    # It has no page to ask; TLS is what it opens last.
    (exec 3<>"/dev/tcp/127.0.0.1/$RELAY_TLS_PORT") 2>/dev/null
  else
    curl --silent --fail --noproxy '*' --max-time 2 --output /dev/null \
      "http://127.0.0.1:$RELAY_ADMIN_PORT/readyz"
  fi
}

make_directory() {
  [[ -z $RELAY_DIR ]] || return 0
  RELAY_DIR=$(mktemp -d)
  trap end_everything EXIT
}

redis() {
  redis-cli -h 127.0.0.1 -p "$REDIS_PORT" "$@" >/dev/null || fail "redis-cli $*"
}

redis_answers() {
  redis-cli -h 127.0.0.1 -p "$REDIS_PORT" PING >/dev/null 2>&1
}

start_redis() {
  make_directory
  REDIS_PORT=$(free_port_block) || fail "no free port"
  redis-server --bind 127.0.0.1 --port "$REDIS_PORT" --save '' --dir "$RELAY_DIR" \
    >"$RELAY_DIR/redis.log" 2>&1 &
  wait_until 10 redis_answers || fail "Redis does not answer: $(cat "$RELAY_DIR/redis.log")"
}

start_relay() {
  [[ -z $RELAY_PID ]] || fail "start_relay: one is running"
  make_directory
  RELAY_LOG=$RELAY_DIR/relay.log
  RELAY_CERT=$RELAY_DIR/cert.pem
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
    -subj /CN=culvert.test -addext subjectAltName=DNS:culvert.test,IP:127.0.0.1 \
    -keyout "$RELAY_DIR/key.pem" -out "$RELAY_CERT" 2>"$RELAY_DIR/openssl.log" ||
    fail "no certificate: $(cat "$RELAY_DIR/openssl.log")"
  local first
  first=$(free_port_block) || fail "no free ports"
  # coturn also takes the port behind each of its listeners.
  RELAY_PORT=$first
  RELAY_TLS_PORT=$((first + 2))
  RELAY_ADMIN_PORT=$((first + 4))
  PEER_PORT=$((first + 6))
  write_relay_configuration >"$RELAY_DIR/turnserver.conf"
  "$RELAY_BINARY" -c "$RELAY_DIR/turnserver.conf" "$@" >"$RELAY_LOG" 2>&1 &
  RELAY_PID=$!
  wait_until 20 relay_is_ready || fail "the relay is not ready after 20 s"
}

stop_relay() {
  end_relay || exit 1
}

# As stop_relay, but comes back with a false status after complaining.
end_relay() {
  local pid=$RELAY_PID status=0
  kill -TERM "$pid" 2>/dev/null || true
  if ! wait_until 20 relay_has_ended; then
    complain "the relay runs on 20 s after SIGTERM"
    kill -KILL "$pid"
  fi
  RELAY_PID=
  wait "$pid" 2>/dev/null || status=$?
  # coturn has no handler for the signal.
  [[ $RELAY_KIND == coturn && $status == 143 ]] && status=0
  [[ $status == 0 ]] || { complain "the relay ended with status $status" && return 1; }
}

# Ends a background job and all it started, without the shell's remark on it.
end_job() {
  kill -- "-$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

# Ends what the script started, whatever way the script ends; a relay that does not end well makes a
# script fail that was content so far.
end_everything() {
  local status=$? pid
  for pid in $(jobs -p); do
    [[ $pid == "$RELAY_PID" ]] || end_job "$pid"
  done
  [[ -z $RELAY_PID ]] || end_relay || status=1
  rm -rf "$RELAY_DIR"
  exit "$status"
}
