"""What a process frees stays with it, for the next slice of whichever thread."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from storepulse.adapters.settings import Settings
from storepulse.local.allocator import VARIABLE, allocator_environment
from storepulse.local.services import specifications

ROOT = Path(__file__).parents[3]
WITH_SLICES = ("agents", "delivery")

#: Threads that live side by side need 80 MB each, one after another, a few times.
PROGRAM = """
import resource
from concurrent.futures import ThreadPoolExecutor

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


def _pages_and_peak(environment: dict[str, str]) -> tuple[int, int]:
    """How often the kernel gave a page, and the most memory in MB."""
    usual = {name: text for name, text in os.environ.items() if name != VARIABLE}
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        check=True,
        stdout=subprocess.PIPE,
        env=usual | environment,
    )
    pages, peak = map(int, ended.stdout.split())
    return pages, peak


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
@pytest.mark.parametrize("service", WITH_SLICES)
def test_slices_use_the_memory_of_those_before(service: str) -> None:
    (spec,) = (spec for spec in specifications(Settings()) if spec.group == service)
    (pages, peak), (usual_pages, usual_peak) = (
        _pages_and_peak(dict(spec.extra)),
        _pages_and_peak({}),
    )
    assert pages < usual_pages / 10
    assert peak < usual_peak - 80


def test_services_are_started_with_it_where_they_need_it() -> None:
    for spec in specifications(Settings(agent_workers=2)):
        assert (VARIABLE in spec.extra) == (spec.group in WITH_SLICES), spec.name


def test_containers_and_documentation_say_the_same() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for name in ("gateway", "query", *WITH_SLICES):
        variables = services[name]["environment"]
        expected = allocator_environment(name).get(VARIABLE)
        assert variables.get(VARIABLE) == expected, name
    documented = f"\n{VARIABLE}={allocator_environment('agents')[VARIABLE]}\n"
    assert documented in (ROOT / "docs" / "operations.md").read_text()
