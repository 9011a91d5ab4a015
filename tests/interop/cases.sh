# Cases with coturn's clients, for the tests in this folder. Sourced by bash after relay.sh.
#
#   case_in_background NAME FUNCTION ARGUMENTS...   and, after some of them, collect_cases
#   relays BYTES PORT SERVER OPTIONS...             turnutils_uclient gets back all that it sent
#   refuses PORT SERVER OPTIONS...                  it gets no allocation
#   start_peer, stop_peer                           turnutils_peer on PEER_PORT and the next one
#
# A client sends `messages` of `message_size` bytes, `stream` bytes in all.

messages=20
message_size=100
stream=$((messages * message_size))

names=()
pids=()

# case_in_background NAME FUNCTION ARGUMENTS...
case_in_background() {
  local name=$1
  shift
  (trap - EXIT && "$@") >"$RELAY_DIR/case.${#pids[@]}" 2>&1 &
  names+=("$name")
  pids+=($!)
}

# Reports every case before failing for those that went wrong.
collect_cases() {
  local i wrong=0
  for i in "${!pids[@]}"; do
    if wait "${pids[i]}"; then
      echo "ok - ${names[i]}"
    else
      wrong=$((wrong + 1))
      echo "not ok - ${names[i]}"
      tail -n 25 "$RELAY_DIR/case.$i"
    fi
  done
  names=()
  pids=()
  ((wrong == 0)) || fail "$wrong cases"
}

# uclient PORT SERVER OPTIONS...
uclient() {
  local port=$1 server=$2
  shift 2
  timeout --foreground 60 turnutils_uclient -v -n "$messages" -l "$message_size" -p "$port" "$@" \
    "$server"
}

# The client's last words: BYTES were sent, as many came back, nothing was lost.
require_counters() {
  local bytes=$1 output=$2 last
  last=$(grep 'tot_send_bytes' "$output" | tail -n 1)
  [[ $last == *"tot_send_bytes ~ $bytes, tot_recv_bytes ~ $bytes" ]] ||
    { echo "expected $bytes bytes each way, got: $last" && return 1; }
  grep -qF 'Total lost packets 0 (0.000000%), total send dropped 0 (0.000000%)' "$output" ||
    { echo "lost packets" && return 1; }
}

# relays BYTES PORT SERVER OPTIONS...
relays() {
  local bytes=$1 output status=0
  shift
  output=$(mktemp -p "$RELAY_DIR")
  uclient "$@" >"$output" 2>&1 || status=$?
  # The client draws a channel for each of two peers, once in 16384 times the same for both, which
  # has to be refused. Then it may draw again.
  if [[ $status != 0 ]] && grep -q "channel bind: error 400" "$output"; then
    status=0
    uclient "$@" >"$output" 2>&1 || status=$?
  fi
  cat "$output"
  [[ $status == 0 ]] || { echo "status $status" && return 1; }
  require_counters "$bytes" "$output"
}

# refuses PORT SERVER OPTIONS...: no allocation comes about, and the client says so rather than
# hang.
refuses() {
  local output status=0
  output=$(mktemp -p "$RELAY_DIR")
  uclient "$@" >"$output" 2>&1 || status=$?
  cat "$output"
  [[ $status == 255 ]] || { echo "status $status, expected 255" && return 1; }
  grep -qF 'Cannot complete Allocation' "$output" || return 1
  ! grep -q 'Received relay addr' "$output"
}

peer_listens() {
  ! port_is_free "$PEER_PORT" && ! port_is_free $((PEER_PORT + 1))
}

# Echoes on PEER_PORT and the next one, of both families.
start_peer() {
  local address
  peers=()
  for address in 127.0.0.1 ::1; do
    turnutils_peer -L "$address" -p "$PEER_PORT" >"$RELAY_DIR/peer.$address.log" 2>&1 &
    peers+=($!)
  done
  wait_until 10 peer_listens || fail "turnutils_peer does not listen"
}

stop_peer() {
  local pid
  for pid in "${peers[@]}"; do end_job "$pid"; done
}
