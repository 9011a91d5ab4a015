#!/bin/sh
# Every program of this folder, given by name, runs all of its benchmarks for a moment: each ends
# well, and none says that it could not be measured.
set -eu
for program; do
    "$program" --benchmark_min_time=0.001 --benchmark_format=csv >"$TEST_TMPDIR/out.csv"
    listed="$("$program" --benchmark_list_tests | wc -l)"
    # One line for each benchmark; its last two columns, error and reason, are empty.
    measured="$(grep -c '^".*,,$' "$TEST_TMPDIR/out.csv")" || measured=0
    if [ "$listed" -eq 0 ] || [ "$measured" -ne "$listed" ]; then
        cat "$TEST_TMPDIR/out.csv"
        echo "$program: $measured of $listed benchmarks were measured"
        exit 1
    fi
done
