#!/bin/bash
# Usage: build.sh client.go OUTPUT. Compiles against Debian's Go packages; nothing is downloaded.
set -euo pipefail
cache=$(mktemp -d)
trap 'chmod -R u+w "$cache"; rm -rf "$cache"' EXIT
export HOME="$cache" GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE="$cache/build" CGO_ENABLED=0
go build -trimpath -o "$2" "$1"
