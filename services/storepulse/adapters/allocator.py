"""How the C library hands memory out, for processes that need as much again for each slice."""

from __future__ import annotations

import ctypes

# glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -2, -3, -8
_MIB = 1 << 20


def keep_freed_memory() -> bool:
    """Has this process keep what it frees, in one place for all threads. To be called before others
    are started; says whether the C library takes it.

    As it is, glibc gives back what a slice leaves and asks for it again at the next one, and the
    kernel clears each page on its way; and it keeps some for each thread. What was once needed at
    the same time stays with the process, which is less than all threads' most.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return False  # another C library
    settings = {
        _M_ARENA_MAX: 1,
        _M_MMAP_THRESHOLD: 32 * _MIB,  # the highest that it takes
        _M_TRIM_THRESHOLD: 1024 * _MIB,
        _M_TOP_PAD: 16 * _MIB,
    }
    taken = [mallopt(name, value) == 1 for name, value in settings.items()]
    return all(taken)
