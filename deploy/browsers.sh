#!/usr/bin/env bash
# What the long tests in tests/browser/others need besides `make setup`: Firefox with geckodriver,
# and WebKit with its driver. `bash deploy/browsers.sh`. Run by the Makefile; safe to repeat. Installs
# what is missing where it may (root with apt; cargo builds geckodriver), else names the commands;
# tests whose browser is missing fail.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/apt.sh"

readonly GECKODRIVER=0.37.1
say() { printf 'browsers: %s\n' "$*" >&2; }
missing=()
need() { # need PROGRAM PACKAGE
  command -v "$1" >/dev/null && return
  if may_install; then
    say "installing $2"
    apt_install "$2" && return
  fi
  missing+=("$2")
}

need firefox-esr firefox-esr
need WebKitWebDriver webkit2gtk-driver
need Xvfb xvfb # WebKit's small browser has no mode without a screen
if ! command -v geckodriver >/dev/null && [ ! -x "${CARGO_HOME:-$HOME/.cargo}/bin/geckodriver" ]; then
  if command -v cargo >/dev/null; then
    say "building geckodriver"
    cargo install --quiet --locked "geckodriver@$GECKODRIVER"
  else
    say "missing; install cargo, then: cargo install --locked geckodriver@$GECKODRIVER"
    missing+=(cargo)
  fi
fi
if [ ${#missing[@]} -gt 0 ]; then
  say "missing; install with: sudo apt-get install -y ${missing[*]}"
  exit 1
fi
