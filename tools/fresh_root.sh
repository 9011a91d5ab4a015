#!/bin/bash
# Proves that ./run and ./test need nothing but Debian: makes a minimal Debian in a temporary folder
# (debootstrap, as root), puts what is committed into it, and there, with an empty environment, runs
# the relay, executes the very commands that ./run prints, and then runs ./test.
#
#   tools/fresh_root.sh [TEST...]       TEST as for ./test; default: all
#
# KEEP=1 keeps the folder, ROOT=DIR uses (and keeps) DIR, again and again. The ports of ./run must be
# free on this machine: the network is shared. Proxy and authorities that apt is configured with here
# are taken over.
set -euo pipefail
source "$(dirname "$0")/environment.sh"

if ((EUID != 0)); then
  echo "tools/fresh_root.sh: debootstrap and chroot want root" >&2
  exit 1
fi
command -v debootstrap >/dev/null || apt-get install -y --no-install-recommends debootstrap

codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
root=${ROOT:-$(mktemp -d /var/tmp/culvert-fresh.XXXXXX)}
[[ -n "${ROOT:-}${KEEP:-}" ]] || trap 'rm -rf --one-file-system "$root"' EXIT

# The mirror that this machine's apt uses for the distribution itself.
mirror() {
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v codename="$codename" '$2 == codename && $3 == "main" { print $1; exit }'
}

if [[ ! -e $root/etc/debian_version ]]; then
  debootstrap --variant=minbase "$codename" "$root" "$(mirror)"
fi

# How apt gets out of here: sources of Debian, keys, proxies, authorities.
rm -f "$root/etc/apt/sources.list"
for file in /etc/apt/sources.list /etc/apt/sources.list.d/debian*; do
  [[ ! -s $file ]] || install -D -m 644 "$file" "$root$file"
done
for file in $(grep -lsE '^[[:space:]]*Acquire' /etc/apt/apt.conf.d/* /etc/apt/apt.conf || true); do
  install -D -m 644 "$file" "$root$file"
done
mkdir -p "$root/etc/ssl/certs" "$root/usr/local/share"
[[ ! -d /usr/local/share/ca-certificates ]] ||
  cp -r /usr/local/share/ca-certificates "$root/usr/local/share/"
[[ ! -s /etc/ssl/certs/ca-certificates.crt ]] ||
  install -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"

rm -rf "$root/culvert"
mkdir "$root/culvert"
git archive HEAD | tar -x -C "$root/culvert"
cp tools/prove_run.sh "$root/culvert/tools/"

# Mounts and processes of its own: all are gone when the command ends, whatever happens.
in_root() {
  unshare --mount --pid --fork --kill-child bash -euc '
    root=$1
    shift
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount --make-rslave "$root/dev"
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin FUZZ_SECONDS="${FUZZ_SECONDS:-60}" chroot "$root" "$@"
  ' in_root "$root" "$@"
}

echo "=== ./run in $root"
in_root /bin/bash -c 'cd /culvert && exec tools/prove_run.sh'
echo "=== ./test $* in $root"
in_root /bin/bash -c 'cd /culvert && exec ./test "$@"' test "$@"
