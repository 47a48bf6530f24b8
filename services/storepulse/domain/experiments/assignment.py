"""Assignment of units to variants: three draws, each from a hash of the test and the unit.

    in:{test}:{unit}           whether the unit takes part: below the test's share of the traffic
    var:{test}:{phase}:{unit}  which variant: the first whose cumulated weights exceed the bucket
    grp:{group}:{unit}         whether the unit belongs to the test of an exclusive group

The hash is MurmurHash3 (x86, 32 bits, seed 0) of the text's UTF-8, scaled to a bucket below 10,000.
So every process gives a unit the same variant without communication, and so does the browser
(`services/tracker/src/assignment.ts`). `in` does not depend on the phase: units that take part
continue to when the share is raised.

A lone surrogate counts as U+FFFD, as browsers encode it. Nothing else is normalised.
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
        # Two surrogates that form a pair are one character, as in a browser.
        units = text.encode("utf-16-le", "surrogatepass")
        encoded = units.decode("utf-16-le", "replace").encode()
    return mmh3_32_uintdigest(encoded)


def bucket_of(text: str) -> int:
    """The bucket of a text, 0 to 9,999."""
    return hash_of(text) * WHOLE >> 32


def is_included(test_id: str, traffic: int, unit: str) -> bool:
    """Whether a unit takes part in a test with `traffic` basis points."""
    return traffic >= WHOLE or bucket_of(f"in:{test_id}:{unit}") < traffic


def is_in_group(group: ExclusiveGroup, unit: str) -> bool:
    """Whether a unit belongs to the test's range of its exclusive group."""
    return group.start <= bucket_of(f"grp:{group.group_id}:{unit}") < group.end


def bounds_of(weights: Sequence[int]) -> tuple[int, ...]:
    """The end of each variant's buckets; `weights` add up to 10,000."""
    return tuple(accumulate(weights))


def variant_index(test_id: str, phase: int, bounds: Sequence[int], unit: str) -> int:
    """The index of a unit's variant. `bounds` are those of the phase's weights."""
    return bisect_right(bounds, bucket_of(f"var:{test_id}:{phase}:{unit}"))
