#!/bin/sh
# culvert-bench and compare.py against the relay itself, one short run of each kind of work: something
# is delivered, nothing is damaged, the JSON holds what README.md promises. No word about speed.
set -eu
room="$TEST_SRCDIR/$TEST_WORKSPACE"
out="$TEST_TMPDIR/out.json"

python3 "$room/tests/bench/compare.py" --culvert "$room/server/culvert" \
    --bench "$room/tests/bench/culvert-bench" --coturn none --no-pin --rounds 1 --seconds 1 \
    --cases udp-160-both,tcp-160-both,tls-160-both,tls-160-sparse,tls-bulk-both,allocations-tls \
    --json "$out"
exec python3 "$room/tests/bench/check_json.py" "$out" 6
