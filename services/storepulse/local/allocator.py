"""glibc's malloc settings for processes with large allocations per slice or poll.

By default, glibc returns a slice's memory to the kernel and requests it again for the next one, and
the kernel clears each page; it also keeps memory per thread. With these tunables a process keeps
freed memory in one arena for all threads. Its size is the peak of the whole process, which is less
than the sum of all threads' peaks. Other C libraries ignore the variable.

glibc reads the variable once at a program's start, so the parent process must set it.
"""

from __future__ import annotations

VARIABLE = "GLIBC_TUNABLES"
_MIB = 1 << 20
_TUNABLES = {
    "arena_max": 1,
    "mmap_threshold": 32 * _MIB,  # the maximum
    "trim_threshold": 1024 * _MIB,
    "top_pad": 16 * _MIB,
}
#: Services that work in slices or polls.
SERVICES = frozenset(("agents", "delivery"))


def allocator_environment(service: str) -> dict[str, str]:
    """The environment variables for starting a service, by its command; empty for other
    services."""
    if service not in SERVICES:
        return {}
    tunables = (f"glibc.malloc.{name}={number}" for name, number in _TUNABLES.items())
    return {VARIABLE: ":".join(tunables)}
