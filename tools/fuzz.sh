#!/bin/bash
# Runs fuzz targets under libFuzzer, from their corpora, for FUZZ_SECONDS (60) each, as many at a
# time as there are cores. One line per target: "PASSED label" or "FAILED label"; the output of a
# failed one before it. What made a target fail is kept in .run/fuzz/; put it into the corpus with
# the fix.
#
#   tools/fuzz.sh [LABEL...]      all targets when none is named
set -euo pipefail
source "$(dirname "$0")/environment.sh"
seconds=${FUZZ_SECONDS:-60}

fuzz_one() {  # label
  local label=$1
  local path=${label#//}
  path=${path/://}
  local corpus=${path%_fuzz}_corpus
  local finds=.run/fuzz/${path##*/}
  local work
  work=$(mktemp -d)
  mkdir -p "$finds"
  if "bazel-bin/$path" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -verbosity=0 \
    -print_final_stats=1 -artifact_prefix="$finds/" "$work" "$corpus" >"$work.log" 2>&1; then
    echo "PASSED $label ($(sed -n 's/^stat::number_of_executed_units: *//p' "$work.log") inputs)"
  else
    tail -n 60 "$work.log"
    echo "FAILED $label; what it failed on is in $finds"
  fi
  rm -rf "$work" "$work.log"
}

if (($# == 0)); then
  mapfile -t labels < <(bazel query --noshow_progress 'filter("_fuzz$", kind(cc_test, //tests/...))' 2>/dev/null)
  set -- "${labels[@]}"
fi
bazel build --config=fuzz "$@"

export -f fuzz_one
export seconds
# Grouped output: each target's lines are printed in one piece.
results=$(printf '%s\0' "$@" | xargs -0 -P "$(nproc)" -I{} bash -c 'out=$(fuzz_one "$1"); echo "$out"' _ {})
printf '%s\n' "$results"
! grep -q '^FAILED ' <<<"$results"
