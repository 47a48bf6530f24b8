# What scripts in this folder install packages with: `source "$(dirname "${BASH_SOURCE[0]}")/apt.sh"`.
# Nothing is installed but by root on a system with apt-get.

may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# apt_install PACKAGE…: quietly; the lists are read anew where they do not know a package.
apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >/dev/null 2>&1 && return
  apt-get update -q >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >/dev/null
}
