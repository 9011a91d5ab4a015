#!/bin/bash
# Proves that what ./run prints is true: starts it, executes the printed commands as they stand, looks
# for what they are said to end with, and stops it. The ports of ./run must be free.
set -euo pipefail
source "$(dirname "$0")/environment.sh"

output=$(mktemp)
./run >"$output" 2>&1 &
run=$!
trap 'kill "$run" 2>/dev/null || true; wait "$run" || true; rm -f "$output"' EXIT

# First it installs and builds: wait for it as long as it lives.
until grep -q '^The relay is up' "$output" && grep -q '^  {urls:' "$output"; do
  if ! kill -0 "$run" 2>/dev/null; then
    cat "$output"
    echo "FAILED: ./run ended"
    exit 1
  fi
  sleep 0.2
done
grep -A30 '^The relay is up' "$output"

prove() {  # pattern of the printed command, pattern of its output
  local command result
  command=$(sed -n "s/^  \(.*$1.*\)/\1/p" "$output" | head -n 1)
  echo "+ $command"
  result=$(bash -c "$command" 2>&1) || true
  if ! grep -q -- "$2" <<<"$result"; then
    echo "$result"
    echo "FAILED: no '$2'"
    exit 1
  fi
  echo "ok: $(grep -m1 -o -- "$2" <<<"$result")"
}

prove 'turnutils_uclient -y' 'Total lost packets 0 '
prove 'openssl s_client' 'Verification: OK'

kill -TERM "$run"
status=0
wait "$run" || status=$?
trap 'rm -f "$output"' EXIT
if ((status != 0)); then
  tail "$output"
  echo "FAILED: ./run ended with $status"
  exit 1
fi
echo "PASSED: what ./run prints is true"
