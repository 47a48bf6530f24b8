"""What a process frees stays with it, for the next slice of whichever thread."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")

#: Threads that live side by side need 80 MB each, one after another, a few times.
PROGRAM = """
import resource
from concurrent.futures import ThreadPoolExecutor
from storepulse.adapters.allocator import keep_freed_memory
assert not {keep} or keep_freed_memory()

def slice():
    [b"1" * (20 << 20) for _ in range(4)]

threads = [ThreadPoolExecutor(1) for _ in range(4)]
def slices(count):
    for thread in count * threads:
        thread.submit(slice).result()

slices(1)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
slices(3)
pages = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
# Not ru_maxrss: in that lives on what the process had been before it became this one.
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(pages, int(status["VmHWM"].split()[0]) // 1024)
"""


def _pages_and_peak(*, keep: bool) -> tuple[int, int]:
    """How often the kernel gave a page, and the most memory in MB."""
    program = [sys.executable, "-c", PROGRAM.format(keep=keep)]
    ended = subprocess.run(program, check=True, stdout=subprocess.PIPE)
    pages, peak = map(int, ended.stdout.split())
    return pages, peak


def test_slices_use_the_memory_of_those_before() -> None:
    (pages, peak), (usual_pages, usual_peak) = (
        _pages_and_peak(keep=True),
        _pages_and_peak(keep=False),
    )
    assert pages < usual_pages / 10
    assert peak < usual_peak - 80
