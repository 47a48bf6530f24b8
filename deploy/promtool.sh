#!/usr/bin/env bash
# Finds promtool, which checks and tests the alerts: `bash deploy/promtool.sh .venv` prints its path.
# Where no such program is installed, it is taken out of Debian's package `prometheus`, without
# installing that: a server would be started. Safe to repeat. Ends with 1 where it cannot be had.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
venv=${1:?usage: promtool.sh FOLDER}
kept=$venv/bin/promtool

if command -v promtool; then exit; fi
if [ -x "$kept" ]; then echo "$kept"; exit; fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
download() { (cd "$folder" && apt-get download -q prometheus) >/dev/null 2>&1; }
take() {
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
  download || { [ "$(id -u)" = 0 ] && apt-get update -q >/dev/null 2>&1 && download; } || return 1
  dpkg-deb --fsys-tarfile "$folder"/prometheus_*.deb | tar -x -C "$folder" ./usr/bin/promtool || return 1
  mv "$folder/usr/bin/promtool" "$kept"
}

echo "promtool: taking it out of the package prometheus" >&2
if ! take; then
  echo "promtool: missing; install it with: sudo apt-get install -y prometheus" >&2
  exit 1
fi
echo "$kept"
