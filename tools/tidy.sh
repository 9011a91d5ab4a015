#!/bin/bash
# clang-tidy over the relay's own sources, with the checks of .clang-tidy and the flags of
# compile_flags.txt. Fails on any finding. Sources named as arguments are checked alone.
set -euo pipefail
source "$(dirname "$0")/environment.sh"

if (($# == 0)); then
  mapfile -t sources < <(find . -regex '\./\(auth\|proxy_compat\|server\)/.*\.cc' | sort)
  set -- "${sources[@]}"
fi

# One process per source, as many at a time as there are cores. clang-tidy tells on standard error
# how many warnings it left out: noise.
printf '%s\0' "$@" | xargs -0 -P "$(nproc)" -n 1 clang-tidy-14 --quiet 2> >(
  grep -vE '^[0-9]+ warnings? (and [0-9]+ errors? )?generated|^Suppressed|^Use -header-filter' >&2
)
