#!/usr/bin/env bash
# Builds the browser's tracker from its lock file: `bash deploy/tracker.sh`. With `check` it looks at
# what is built: types, sizes, and the page of sizes and hashes. Run by the Makefile; safe to repeat.
# Needs Node 20 or newer and npm: installed where that may be done here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../services/tracker"

say() { printf 'tracker: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
readonly RECENT='process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)'

if ! command -v npm >/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing nodejs and npm"
    apt-get update -q >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends nodejs npm >/dev/null
  else
    fail "npm is missing; install it with: sudo apt-get install -y nodejs npm"
  fi
fi
node -e "$RECENT" || fail "Node $(node --version) is too old; the tracker is built by Node 20 or newer"

if [ "${1:-}" = check ]; then
  npm run --silent types
  npm run --silent size
  npm run --silent reference -- --check
  exit
fi

say "building"
npm ci --no-audit --no-fund --ignore-scripts --loglevel=error >/dev/null
npm run --silent build
