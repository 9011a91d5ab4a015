#!/bin/bash
# Installs the Debian packages named in the given lists, as far as they are missing. Touches nothing,
# and needs no network and no rights, when all are there.
#
#   tools/ensure_packages.sh tools/packages/run [LIST...]
set -euo pipefail

packages_in() {
  sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@"
}

is_installed() {
  [[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]
}

missing=()
for package in $(packages_in "$@"); do
  is_installed "$package" || missing+=("$package")
done
((${#missing[@]} > 0)) || exit 0

install=(apt-get install -y --no-install-recommends "${missing[@]}")
if ((EUID != 0)); then
  {
    echo "These Debian packages are missing: ${missing[*]}"
    echo "Install them with:"
    echo "  sudo apt-get update && sudo ${install[*]}"
  } >&2
  exit 1
fi

echo "installing: ${missing[*]}"
# Some packages (coturn) bring a service that would start at once and hold our ports; this is how
# Debian lets an administrator forbid that. Left alone where there is one already.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
"${install[@]}" -q
