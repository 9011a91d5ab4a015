# To be sourced by the scripts at the root of the tree: goes there, and sees to what Bazel takes for
# granted, also in a container where next to nothing is set.
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Bazel keeps what it built below HOME, or in XDG_CACHE_HOME.
if [[ -z "${HOME:-}" ]]; then
  HOME=$(getent passwd "$EUID" | cut -d: -f6 || true)
fi
if [[ -z "$HOME" || ! -w "$HOME" ]]; then
  HOME=/var/tmp/culvert-home-$EUID
  mkdir -p -m 700 "$HOME"
  if [[ ! -O "$HOME" ]]; then
    echo "$HOME is needed as a home directory and belongs to somebody else; set HOME" >&2
    exit 1
  fi
fi
export HOME

# Compilers' messages are read by people and by scripts: in one language.
export LC_ALL=C.UTF-8
