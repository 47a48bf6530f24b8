"""Which variant a unit gets: three draws, each from a hash of the test and the unit.

    in:{test}:{unit}           whether the unit takes part: below the test's share of the traffic
    var:{test}:{phase}:{unit}  which variant: the first whose weights, added up, lie above
    grp:{group}:{unit}         whether the unit belongs to the test of an exclusive group

A hash is MurmurHash3 (x86, 32 bits, seed 0) of the text's UTF-8, a bucket its share of 10,000. So
every process gives a unit the same variant without asking anybody, and the browser does too
(`services/tracker/src/assignment.ts`). `in` knows no phase: who took part goes on to when the share
is raised.

Half of a surrogate pair counts as U+FFFD, as browsers encode it. Nothing else is normalised.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from mmh3 import mmh3_32_uintdigest

from storepulse.domain.experiments.definition import WHOLE, ExclusiveGroup


def hash_of(text: str) -> int:
    """The hash of a text, 0 to 2³² - 1."""
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        # Two halves that belong together are one character, as they are in a browser.
        units = text.encode("utf-16-le", "surrogatepass")
        encoded = units.decode("utf-16-le", "replace").encode()
    return mmh3_32_uintdigest(encoded)


def bucket_of(text: str) -> int:
    """The bucket of a text, 0 to 9,999."""
    return hash_of(text) * WHOLE >> 32


def is_included(test_id: str, traffic: int, unit: str) -> bool:
    """Whether a unit takes part in a test that `traffic` basis points take part in."""
    return traffic >= WHOLE or bucket_of(f"in:{test_id}:{unit}") < traffic


def is_in_group(group: ExclusiveGroup, unit: str) -> bool:
    """Whether a unit is one of those that the test has in its exclusive group."""
    return group.start <= bucket_of(f"grp:{group.group_id}:{unit}") < group.end


def bounds_of(weights: Sequence[int]) -> tuple[int, ...]:
    """Where the buckets of each variant end; `weights` sum up to 10,000."""
    return tuple(accumulate(weights))


def variant_index(test_id: str, phase: int, bounds: Sequence[int], unit: str) -> int:
    """The index of a unit's variant. `bounds` are those of the phase's weights."""
    return bisect_right(bounds, bucket_of(f"var:{test_id}:{phase}:{unit}"))
