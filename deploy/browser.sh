#!/usr/bin/env bash
# Builds what runs in browsers from its lock files: `bash deploy/browser.sh` the tracker, the demo shop
# and the console, `bash deploy/browser.sh shop` one of them. With `check` it looks at what is built:
# types, lint, sizes, the page of sizes and hashes, what the console knows of the API, and the console's
# unit tests. Run by the Makefile; safe to repeat.
# Needs Node 20 or newer and npm: installed where that may be done here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../services"
source ../deploy/apt.sh

say() { printf 'browser: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
readonly RECENT='process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)'

if ! command -v npm >/dev/null; then
  may_install || fail "npm is missing; install it with: sudo apt-get install -y nodejs npm"
  say "installing nodejs and npm"
  apt_install nodejs npm || fail "cannot install nodejs and npm"
fi
node -e "$RECENT" || fail "Node $(node --version) is too old; the tracker is built by Node 20 or newer"

in_part() { (cd "$1" && shift && npm "$@"); } # in_part FOLDER ARGUMENT…: npm there

build() { # build FOLDER
  say "building the $1"
  in_part "$1" ci --no-audit --no-fund --ignore-scripts --loglevel=error >/dev/null
  in_part "$1" run --silent build
}

case "${1:-}" in
  check)
    in_part tracker run --silent types
    in_part tracker run --silent size
    in_part tracker run --silent reference -- --check
    in_part shop run --silent types
    in_part console run --silent check
    in_part console run --silent size
    in_part console run --silent test
    ;;
  tracker | shop | console) build "$1" ;;
  "")
    build tracker
    build shop
    build console
    ;;
  *) fail "usage: browser.sh [tracker | shop | console | check]" ;;
esac
