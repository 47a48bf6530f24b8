"""How glibc hands memory out in processes that need as much again for each slice or poll.

As it is, glibc gives back what a slice leaves and asks for it again at the next one, and the kernel
clears each page on its way; and it keeps some for each thread. With these tunables a process keeps
what it frees, in one place for all threads: what was once needed at the same time, which is less
than all threads' most. Another C library ignores the variable.

glibc reads it once, when a program begins: so it is set by whoever starts the process.
"""

from __future__ import annotations

VARIABLE = "GLIBC_TUNABLES"
_MIB = 1 << 20
_TUNABLES = {
    "arena_max": 1,
    "mmap_threshold": 32 * _MIB,  # the highest that it takes
    "trim_threshold": 1024 * _MIB,
    "top_pad": 16 * _MIB,
}
#: Services that work in slices or polls.
SERVICES = frozenset(("agents", "delivery"))


def allocator_environment(service: str) -> dict[str, str]:
    """The variables that a service is to be started with, by its command; empty for the others."""
    if service not in SERVICES:
        return {}
    tunables = (f"glibc.malloc.{name}={number}" for name, number in _TUNABLES.items())
    return {VARIABLE: ":".join(tunables)}
