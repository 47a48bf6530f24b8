"""Answer visitors' requests about tests.

Order: rate limit, key, parameters, test or page, variants, exposure, answer. The paths are open to
pages of other origins, like collection paths. Only a GET creates exposures; a HEAD does not. A
preview shows its variant, and neither assigns nor exposes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import time
from typing import Literal, NamedTuple

from storepulse.access.rules.needs import COLLECT
from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.settings import Settings
from storepulse.domain.clients import device_of
from storepulse.domain.errors import Rejected
from storepulse.domain.experiments.exposures import unit_of
from storepulse.domain.experiments.names import SLUG_CHARACTERS
from storepulse.domain.experiments.previews import read_preview
from storepulse.domain.experiments.serving import Served, ServedTest
from storepulse.domain.experiments.targeting import EVERYBODY, KnownVisit
from storepulse.domain.identity import canonical_uuid
from storepulse.domain.ratelimit import MINUTE, RateWindow
from storepulse.domain.robots import bot_reason
from storepulse.experiments.running import RunningTable
from storepulse.gateway import origins
from storepulse.gateway.admission import Admission
from storepulse.gateway.call import Call
from storepulse.gateway.experiments import parameters as reading
from storepulse.gateway.experiments.answers import (
    KeptPages,
    Ready,
    Seen,
    StoreAnswers,
    TestAnswers,
)
from storepulse.gateway.experiments.exposing import ShownVariant
from storepulse.gateway.experiments.parameters import Asker
from storepulse.gateway.experiments.paths import ACTIVE, PAGE, VARIANT
from storepulse.gateway.visitor_cookie import visitor_of_cookie

#: The label of the rate limit's metric.
LIMIT = "public_reads"
#: The number of tests and of stores whose answers are kept.
KEPT_READY = 4_096
_NOWHERE = KnownVisit()


class ToExpose(NamedTuple):
    """The exposures to store before the answer, and the answer, by whether they were stored."""

    asker: Asker
    tests: list[tuple[ServedTest, ShownVariant]]
    answer: Callable[[bool], Ready]


_Serve = Callable[[Call, list[str], bytes, bool], Ready | ToExpose]


class Seeing(NamedTuple):
    """A requesting visitor: unit, ids, and what is known of the visit."""

    unit: str
    asker: Asker
    said: Mapping[str, str]
    device: str | None
    visitor: Literal["new", "returning"] | None
    page_type: str | None
    slug: str | None
    is_bot: bool


class ExperimentReads:
    """Finds the answers. `preview_keys` are the keys that sign previews."""

    def __init__(
        self,
        settings: Settings,
        admission: Admission,
        running: RunningTable,
        preview_keys: Sequence[bytes],
    ) -> None:
        self._reader, self._limits, self._checks = admission
        self._windows = (RateWindow(settings.limit_reads_per_minute, MINUTE),)
        #: For each visitor of a shop's pages, because many of them share an address.
        self._visitors = RateWindow(settings.limit_reads_per_minute, MINUTE)
        self._running = running
        self._preview_keys = preview_keys
        self._tests: dict[str, TestAnswers] = {}
        self._stores: dict[str, StoreAnswers] = {}
        self._kept = KeptPages()
        self._serve: dict[str, _Serve] = {
            VARIANT: self._variant,
            ACTIVE: self._active,
            PAGE: self._page,
        }

    def ask(
        self, template: str, path: str, query: bytes, call: Call, *, exposes: bool
    ) -> Ready | ToExpose:
        """Answer a request at the path of `template`. Raises RequestRefused or Rejected."""
        if b"origin" in call.headers:
            call.cors = origins.answer_lines(call.known_key, call.header_text(b"origin"))
        self._limits.count_caller(call, LIMIT, self._windows)
        self._checks.authorise(call, None, "ingest", COLLECT)
        if not self._running.is_loaded:
            message = "The tests are not known yet, try again"
            raise RequestRefused.unavailable(message, "EXPERIMENTS_UNKNOWN")
        return self._serve[template](call, path.split("/"), query, exposes)

    # ---- the three paths --------------------------------------------------------------------

    def _variant(
        self, call: Call, segments: list[str], query: bytes, exposes: bool
    ) -> Ready | ToExpose:
        test_id = canonical_uuid("testId", segments[4])
        said = reading.read_parameters(query, reading.OF_VARIANT)
        if said.get("preview"):
            shown, served = self._previewed(said["preview"], call)
            if shown.test_id != test_id:
                raise Rejected("preview", "is of another test")
            return self._answers_of(shown).answer(served, exposed=False)
        asker = self._asker_of(call, said)
        exposes = reading.wants_exposure(said) and exposes
        page_type = reading.page_type_of("page_type", said.get("page_type"))
        seeing = _seeing(call, asker, said, page_type, said.get("slug") or None)
        test = self._running.find(test_id)
        if test is None:
            raise RequestRefused(404, "There is no such test", "NOT_FOUND")
        _check_store(call, test.store_id)
        served = self._serve_test(test, call, seeing)
        answers = self._answers_of(test)
        if served.reason is None and exposes:
            tests = [(test, _shown_variant(test, served, seeing))]
            return ToExpose(asker, tests, lambda exposed: answers.answer(served, exposed=exposed))
        return answers.answer(served, exposed=False)

    def _active(self, call: Call, segments: list[str], query: bytes, _: bool) -> Ready:
        store_id = canonical_uuid("storeId", segments[4])
        said = reading.read_parameters(query, reading.OF_ACTIVE)
        page_type = reading.page_type_of("pageType", said.get("pageType"))
        _check_store(call, store_id)
        return self._store(store_id).active(page_type)

    def _page(
        self, call: Call, segments: list[str], query: bytes, exposes: bool
    ) -> Ready | ToExpose:
        page_type, slug = reading.page_type_of("page_type", segments[3]) or "", segments[4]
        if len(slug) > SLUG_CHARACTERS:
            raise Rejected("slug", f"is longer than {SLUG_CHARACTERS} characters")
        said = reading.read_parameters(query, reading.OF_PAGE)
        asker = self._asker_of(call, said)
        exposes = reading.wants_exposure(said) and exposes
        store_id = _store_of(call, said.get("store_id"))
        page = self._store(store_id).page(page_type, slug)
        if page is None:
            raise RequestRefused(404, "There is no such page", "NOT_FOUND")
        if said.get("preview"):
            shown, served = self._previewed(said["preview"], call)
            if shown.store_id != store_id:
                raise Rejected("preview", "is of another store")
            return page.show(shown, served)
        if not (asker.visitor_id or asker.session_id):
            return page.answer(())
        seeing = _seeing(call, asker, said, page_type, slug)
        got = [self._serve_test(test, call, seeing) for test in page.tests]
        tests = [
            (test, _shown_variant(test, served, seeing))
            for test, served in zip(page.tests, got, strict=True)
            if served.reason is None
        ]
        if tests and exposes:
            return ToExpose(
                asker, tests, lambda exposed: page.answer(_seen_tests(got, exposed=exposed))
            )
        return page.answer(_seen_tests(got, exposed=False))

    # ---- parts ------------------------------------------------------------------------------

    def _asker_of(self, call: Call, said: Mapping[str, str]) -> Asker:
        """Who asks. A request without a visitor id belongs to the visitor that the cookie names, if
        any.

        Raises Rejected or RequestRefused 429.
        """
        asker, key = reading.asker_of(said), call.api_key
        if key is not None and not asker.visitor_id and b"cookie" in call.headers:
            asker = asker._replace(visitor_id=visitor_of_cookie(call, key))
        self._limits.count_asker(call, self._visitors, asker.session_id or asker.visitor_id)
        return asker

    def _previewed(self, token: str, call: Call) -> tuple[ServedTest, Served]:
        """The test and variant of a preview token. Raises Rejected or RequestRefused."""
        preview = read_preview(token, self._preview_keys, time())
        test = self._running.find(str(preview.test_id), with_drafts=True)
        if test is None or test.store_id != str(preview.store_id):
            raise RequestRefused(404, "There is no such test", "NOT_FOUND")
        _check_store(call, test.store_id)
        index = test.index_of(preview.variant_id)
        if index is None:
            raise Rejected("preview", "names a variant that the test has no more")
        return test, Served(index, "preview")

    def _serve_test(self, test: ServedTest, call: Call, seeing: Seeing) -> Served:
        is_for_all = test.definition.targeting == EVERYBODY
        visit = _NOWHERE if is_for_all else self._visit_of(call, seeing)
        return test.serve(seeing.unit, visit, is_bot=seeing.is_bot)

    def _visit_of(self, call: Call, seeing: Seeing) -> KnownVisit:
        device = seeing.device
        if device is None:
            hint = "" if call.is_trusted else call.header_text(b"sec-ch-ua-mobile")
            device = device_of(_agent_of(call, seeing.said), hint)
        return KnownVisit(
            page_type=seeing.page_type,
            slug=seeing.slug,
            device=device,
            country=self._reader.visitor_country(call),
            visitor=seeing.visitor,
            utm=reading.utm_of(seeing.said),
        )

    def _answers_of(self, test: ServedTest) -> TestAnswers:
        found = self._tests.get(test.test_id)
        if found is None or found.test is not test:
            if len(self._tests) >= KEPT_READY:
                self._tests.clear()
            found = self._tests[test.test_id] = TestAnswers(test)
        return found

    def _store(self, store_id: str) -> StoreAnswers:
        store, found = self._running.of_store(store_id), self._stores.get(store_id)
        if found is None or found.store is not store:
            if len(self._stores) >= KEPT_READY:
                self._stores.clear()
            found = self._stores[store_id] = StoreAnswers(store_id, store, self._kept)
        return found


def _seen_tests(got: list[Served], *, exposed: bool) -> Seen:
    """Each test's variant, exposed only if the visitor takes part in the test."""
    return tuple((served, exposed and served.reason is None) for served in got)


def _agent_of(call: Call, said: Mapping[str, str]) -> str | None:
    """The visitor's user agent. A trusted server states it, since its own is not the visitor's."""
    return said.get("user_agent") if call.is_trusted else call.user_agent


def _seeing(
    call: Call,
    asker: Asker,
    said: Mapping[str, str],
    page_type: str | None,
    slug: str | None,
) -> Seeing:
    """The requesting visitor. Raises Rejected."""
    agent = _agent_of(call, said)
    return Seeing(
        unit=unit_of(asker.visitor_id, asker.session_id),
        asker=asker,
        said=said,
        device=reading.device_of(said),
        visitor=reading.visitor_of(said),
        page_type=page_type,
        slug=slug,
        is_bot=bool(agent) and bot_reason(agent or "") is not None,
    )


def _shown_variant(test: ServedTest, served: Served, seeing: Seeing) -> ShownVariant:
    session_id = seeing.asker.session_id
    return ShownVariant(test.test_id, test.phase, served.variant, seeing.unit, session_id)


def _check_store(call: Call, store_id: str) -> None:
    """Raises RequestRefused 403 if the key is tied to another store."""
    key = call.api_key
    if key is not None and key.store_id is not None and str(key.store_id) != store_id:
        raise RequestRefused(403, "The API key belongs to another store", "OTHER_STORE")


def _store_of(call: Call, stated: str | None) -> str:
    """The store whose page is asked for: the stated one, else the key's.

    Raises Rejected or RequestRefused.
    """
    key = call.api_key
    if stated:
        store_id = canonical_uuid("store_id", stated)
        _check_store(call, store_id)
        return store_id
    if key is None or key.store_id is None:
        raise Rejected("store_id", "is needed, since the key is tied to no store")
    return str(key.store_id)
