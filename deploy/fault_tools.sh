#!/usr/bin/env bash
# What the long fault tests need besides `make setup`: libfaketime, and Go, which builds toxiproxy.
# `bash deploy/fault_tools.sh .venv`. Run by the Makefile; safe to repeat. Installs what is missing
# where it may (root with apt), else names the command; tests that lack a tool would fail.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source deploy/apt.sh
venv=${1:?usage: fault_tools.sh FOLDER}

say() { printf 'fault tools: %s\n' "$*" >&2; }
missing=()
need() { # need PACKAGE: installs it, or remembers that it is missing
  if may_install; then
    say "installing $1"
    apt_install "$1" && return
  fi
  missing+=("$1")
}
have_go() { command -v go >/dev/null || [ -x /usr/local/go/bin/go ]; }
have_faketime() { compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null; }
have_toxiproxy() { "$venv/bin/python" -c 'from tests.fault.links import built; raise SystemExit(not built())'; }

have_faketime || need libfaketime
have_toxiproxy || have_go || need golang-go
if [ ${#missing[@]} -gt 0 ]; then
  say "missing; install with: sudo apt-get install -y ${missing[*]}"
  exit 1
fi
have_toxiproxy || say "building toxiproxy"
"$venv/bin/python" -c 'from tests.fault.links import program; print("fault tools:", program())' >&2
# A right, not a package: its fault is shown as skipped where it is missing.
if [ "$(id -u)" != 0 ]; then
  say "not root: disks that are full (DiskFull) cannot be made here"
fi
