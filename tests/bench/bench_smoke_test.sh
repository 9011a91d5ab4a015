#!/bin/sh
# culvert-bench, culvert-forwarder and compare.py against the relay itself, one short run of each kind
# of work: something is delivered, nothing is damaged, the JSON holds what README.md promises. No word
# about speed.
set -eu
room="$TEST_SRCDIR/$TEST_WORKSPACE"
out="$TEST_TMPDIR/out.json"

# CASES NUMBER_OF_CASES OPTION...
smoke() {
    cases="$1"
    number="$2"
    shift 2
    python3 "$room/tests/bench/compare.py" --culvert "$room/server/culvert" \
        --bench "$room/tests/bench/culvert-bench" --coturn none \
        --limit "$room/tests/bench/culvert-forwarder" --no-pin --rounds 1 --seconds 1 \
        --cases "$cases" --json "$out" "$@"
    python3 "$room/tests/bench/check_json.py" "$out" "$number"
}

smoke udp-160-both,tcp-160-both,tls-160-both,tls-160-sparse,tls-bulk-both 5
smoke allocations-tls,allocations-tls-resumed,connections-tcp,connections-tls-resumed 4 --tls-version=1.3
smoke idle-udp,idle-tls 2 --bench-option=--sessions=50
smoke delay-udp-160 1
smoke storm-tls 1 --bench-option=--storm-rate=50 --bench-option=--sessions=20
smoke storm-allocations 1 --bench-option=--storm-rate=200 --bench-option=--storm-users=50 \
    --bench-option=--sessions=20
smoke tls-160-up 1 --workers 2
