#!/usr/bin/env bash
# Makes a virtual environment with the locked dependencies and this clone installed editable:
# `bash deploy/setup.sh .venv`. Run by the Makefile; safe to repeat; needs Python 3.11 or newer.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source deploy/apt.sh
venv=${1:?usage: setup.sh FOLDER}
uv_version=${UV_VERSION:?UV_VERSION names the uv to install with}

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

can() { "$1" -c "$2" 2>/dev/null; } # can PYTHON CODE: whether the code ends well
readonly RECENT='import sys; sys.exit(sys.version_info < (3, 11))'
# A Python that somebody compiled without profiles costs a gateway an eighth more CPU, and plain
# loops half as much again. Systems' own are made with them, as is what says so in its configuration.
readonly QUICK='import ensurepip, sys, sysconfig, venv
configured = sysconfig.get_config_var("CONFIG_ARGS") or ""
sys.exit(sys.base_prefix != "/usr" and "--enable-optimizations" not in configured)'

find_python() { # the first quick one; else the first that will do
  local candidate suitable=""
  for candidate in python3.13 python3.12 python3.11 python3 /usr/bin/python3; do
    if command -v "$candidate" >/dev/null && can "$candidate" "$RECENT"; then
      suitable=${suitable:-$(command -v "$candidate")}
      if can "$candidate" "$QUICK"; then
        command -v "$candidate"
        return
      fi
    fi
  done
  [ -n "$suitable" ] && echo "$suitable"
}

if ! can "$venv/bin/python" 'import pip'; then
  python=$(find_python) || fail "Python 3.11 or newer is missing; on Debian 12, Ubuntu 24.04 and later: apt-get install -y python3 python3-venv"
  if ! can "$python" 'import ensurepip, venv'; then
    package="python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
    may_install || fail "Python's venv module is missing; install it with: sudo apt-get install -y $package"
    say "installing $package"
    apt_install "$package" || fail "cannot install $package"
  fi
  can "$python" "$QUICK" || say "$python was compiled without --enable-optimizations: it works, but slower"
  say "creating $venv with $("$python" --version)"
  "$python" -m venv --clear "$venv"
fi

if "$venv/bin/python" -m pip install -q --disable-pip-version-check "uv==$uv_version"; then
  install=("$venv/bin/uv" pip install -q --python "$venv/bin/python")
else
  say "uv $uv_version is not to be had; going on with pip, which takes longer"
  install=("$venv/bin/python" -m pip install -q --disable-pip-version-check)
fi

say "installing the locked dependencies"
# requirements-dev.in includes requirements.in, so this lock holds both.
"${install[@]}" --require-hashes -r requirements-dev.lock

# The build needs setuptools: the locked one where the lock has it, else one fetched for the build.
isolation=()
if grep -q '^setuptools==' requirements-dev.lock; then isolation=(--no-build-isolation); fi
"${install[@]}" --no-deps "${isolation[@]}" -e .
"$venv/bin/storepulse" --version >/dev/null || fail "the storepulse command does not run"
say "done"
