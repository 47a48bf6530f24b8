"""Answers about tests, encoded once and kept as bytes while tests and pages do not change.

The number of different answers is bounded, because a test has few variants and few reasons. An
answer therefore costs one lookup, and its entity tag is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from storepulse.domain.experiments.definition import Variant
from storepulse.domain.experiments.serving import Served, ServedTest
from storepulse.domain.experiments.slots import Applied, changes_page, merged_page
from storepulse.domain.experiments.targeting import is_for_page
from storepulse.experiments.running import KnownPage, StoreExperiments

#: The number of a store's pages that are kept in memory.
KEPT_PAGES = 1_000
#: The limit for all kept pages with their variants.
KEPT_BYTES = 32 << 20

_encode = msgspec.json.Encoder().encode


class Ready(NamedTuple):
    """A body and its entity tag, quotation marks included."""

    body: bytes
    etag: bytes


#: A visitor's variant of each test of a page, and whether it is stored as an exposure.
Seen = tuple[tuple[Served, bool], ...]


class SeenTest(NamedTuple):
    """A visitor's variant of a test, and whether it is stored as an exposure."""

    test: ServedTest
    served: Served
    exposed: bool


def ready(data: Any) -> Ready:
    """Encode the answer with this data."""
    body = _encode({"status": "success", "data": data})
    return Ready(body, b'"%b"' % blake2b(body, digest_size=12).hexdigest().encode())


def _data_of(seen: SeenTest) -> dict[str, Any]:
    test, served, exposed = seen
    variant = test.variants[served.variant]
    return {
        "test_id": test.test_id,
        "phase": test.phase,
        "variant_id": variant.variant_id,
        "variant_name": variant.name,
        "is_control": variant.is_control,
        "assigned": served.is_assigned,
        "reason": served.reason,
        "exposed": exposed,
        "payload": variant.payload,
    }


def _page_parts_of(variant: Variant) -> dict[str, Any]:
    """The parts of a variant that change pages."""
    return {
        "slot_overrides": variant.slot_overrides,
        "page_template": variant.page_template,
        "slot_configuration": _slots_of(variant.slot_configuration),
    }


def _slots_of(slots: Iterable[Any] | None) -> list[dict[str, Any]] | None:
    """Slots with all their fields."""
    return None if slots is None else [msgspec.structs.asdict(slot) for slot in slots]


class TestAnswers:
    """The answers about one test."""

    __test__ = False  # for pytest, which takes the name for a test's
    __slots__ = ("_ready", "test")

    def __init__(self, test: ServedTest) -> None:
        self.test = test
        self._ready: dict[tuple[Served, bool], Ready] = {}

    def answer(self, served: Served, *, exposed: bool) -> Ready:
        """The answer to a visitor who gets this."""
        found = self._ready.get((served, exposed))
        if found is None:
            variant = self.test.variants[served.variant]
            data = _data_of(SeenTest(self.test, served, exposed)) | _page_parts_of(variant)
            found = self._ready[served, exposed] = ready(data)
        return found


class KeptPages:
    """The encoded pages of all stores.

    Clients choose slugs and ids, so bytes are counted, and the cache is cleared when they exceed
    the limit.
    """

    __slots__ = ("_bytes", "_most_bytes", "_ready")

    def __init__(self, most_bytes: int = KEPT_BYTES) -> None:
        self._most_bytes, self._bytes = most_bytes, 0
        self._ready: dict[tuple[PageAnswers, Seen], Ready] = {}

    def find(self, page: PageAnswers, seen: Seen) -> Ready | None:
        return self._ready.get((page, seen))

    def keep(self, page: PageAnswers, seen: Seen, answer: Ready) -> None:
        self._bytes += len(answer.body)
        if self._bytes > self._most_bytes:
            self._ready.clear()
            self._bytes = len(answer.body)
        self._ready[page, seen] = answer


class PageAnswers:
    """The answers about one page; `tests` are those that change it."""

    __slots__ = ("_kept", "_known", "_named", "tests")

    def __init__(
        self,
        known: KnownPage,
        named: tuple[str, str],
        tests: tuple[ServedTest, ...],
        kept: KeptPages,
    ) -> None:
        self._known, self._named, self.tests, self._kept = known, named, tests, kept

    def answer(self, seen: Seen) -> Ready:
        """The answer to a visitor who gets these variants, in the order of `tests`.

        `seen` is empty if the request names no visitor.
        """
        found = self._kept.find(self, seen)
        if found is None:
            found = self._make(seen)
            self._kept.keep(self, seen, found)
        return found

    def show(self, test: ServedTest, served: Served) -> Ready:
        """The page with one variant applied, without regard to the other tests: for a preview."""
        return self._answer_with([SeenTest(test, served, False)])

    def _make(self, got: Seen) -> Ready:
        return self._answer_with(
            [SeenTest(test, *one) for test, one in zip(self.tests, got, strict=False)]
        )

    def _answer_with(self, seen: list[SeenTest]) -> Ready:
        page = merged_page(
            self._known.page,
            [
                Applied(test.priority, test.test_id, test.variants[served.variant])
                for test, served, _ in seen
            ],
        )
        page_type, slug = self._named
        return ready(
            {
                "page_type": page_type,
                "slug": slug,
                "version": self._known.version,
                "template": page.template,
                "slots": _slots_of(page.slots),
                "tests": [_data_of(one) for one in seen],
            }
        )


class StoreAnswers:
    """The answers about one store's tests and pages."""

    __slots__ = ("_active", "_kept", "_pages", "store", "store_id")

    def __init__(self, store_id: str, store: StoreExperiments, kept: KeptPages) -> None:
        self.store_id, self.store, self._kept = store_id, store, kept
        self._active: dict[str | None, Ready] = {}
        self._pages: dict[tuple[str, str], PageAnswers] = {}

    def active(self, page_type: str | None) -> Ready:
        """The tests on pages of a type, or all for None; "" stands for types that no test names."""
        named = {name for test in self.store.tests for name in test.definition.targeting.page_types}
        # Types that no test names share one answer, so that clients cannot fill the cache.
        kept = page_type if page_type is None or page_type in named else ""
        found = self._active.get(kept)
        if found is None:
            found = self._active[kept] = ready(self._tests_on(kept))
        return found

    def page(self, page_type: str, slug: str) -> PageAnswers | None:
        """The answers about a page; None if it does not exist."""
        found = self._pages.get((page_type, slug))
        if found is None:
            known = self.store.page_of(page_type, slug)
            if known is None:
                return None
            if len(self._pages) >= KEPT_PAGES:
                self._pages.clear()
            tests = tuple(
                test
                for test in self.store.tests
                if is_for_page(test.definition.targeting, page_type, slug)
                and changes_page(known.page, test.definition)
            )
            found = PageAnswers(known, (page_type, slug), tests, self._kept)
            self._pages[page_type, slug] = found
        return found

    def _tests_on(self, page_type: str | None) -> dict[str, Any]:
        there = [
            test
            for test in self.store.tests
            if page_type is None
            or not test.definition.targeting.page_types
            or page_type in test.definition.targeting.page_types
        ]
        return {
            "store_id": self.store_id,
            "tests": [_active_test(test) for test in there if test.status == "running"],
            "winners": [
                _data_of(SeenTest(test, Served(test.winner, "completed"), False))
                | _page_parts_of(test.variants[test.winner])
                for test in there
                if test.status == "completed" and test.winner is not None
            ],
        }


def _active_test(test: ServedTest) -> dict[str, Any]:
    """The fields of a running test that a browser needs to assign the variant itself."""
    settings = test.definition
    group = settings.group
    return {
        "test_id": test.test_id,
        "name": test.name,
        "phase": test.phase,
        "priority": test.priority,
        "traffic": settings.traffic,
        "group": None if group is None else msgspec.structs.asdict(group),
        "targeting": msgspec.structs.asdict(settings.targeting),
        "variants": [
            {
                "variant_id": variant.variant_id,
                "name": variant.name,
                "weight": variant.weight,
                "is_control": variant.is_control,
                "payload": variant.payload,
            }
            | _page_parts_of(variant)
            for variant in settings.variants
        ],
    }
