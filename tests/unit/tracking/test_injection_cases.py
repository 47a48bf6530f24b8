"""The hostile inputs, as far as Python can judge them; tests/browser/landing opens them all."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest
from tests.unit.tracking import injection_cases
from tests.unit.tracking.injection_cases import CASES, construct, page_of, result_of

from storepulse.tracking.places import find_places

#: What each expectation wants of the result; those of browsers are asked in tests/browser.
IN_PYTHON = frozenset(
    """
    insert_at times rest_unchanged inserted_has_one_script_end inserted_is_ascii lacks_any_case
    seconds_at_most times_each call_argument_value_equals raises when accepted
    """.split()  # noqa: SIM905
)
IN_BROWSER = frozenset(
    """
    runs_in_browser foreign_code_runs landing_page_id_in_browser campaign_id_in_browser
    call_argument call_argument_order_id call_argument_value_equals compat_mode
    rest_of_document_unchanged body_attribute
    """.split()  # noqa: SIM905
)
RAISES: dict[str, type[Exception]] = {"ValueError": ValueError, "TypeError": TypeError}
MARK = 'data-storepulse="landing"'


def test_every_expectation_is_asked_somewhere() -> None:
    asked = {name for case in CASES.values() for name in case["expect"]}
    assert asked <= IN_PYTHON | IN_BROWSER
    assert len(CASES) == 83


def inserted(case: Any, result: str) -> tuple[int, str]:
    """Where the result is longer than the page, and by what."""
    page = page_of(case)
    place = find_places(page).end
    text = result[place : place + len(result) - len(page)]
    assert result == page[:place] + text + page[place:]
    return place, text


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_input_has_the_right_outcome(name: str) -> None:
    case = CASES[name]
    expect = case["expect"]
    if "raises" in expect:
        make = construct if expect.get("when") == "construction" else result_of
        with pytest.raises(RAISES[expect["raises"]], match=r"[a-z_]+: .+"):
            make(case)
        return
    if expect.get("accepted"):
        construct(case)
        return
    started = time.perf_counter()
    result = result_of(case)
    if "seconds_at_most" in expect:
        assert time.perf_counter() - started < expect["seconds_at_most"]
    if "insert_at" in expect:
        place, text = inserted(case, result)
        assert place == expect["insert_at"]
        assert text.startswith(f"<script {MARK}>")
        assert text.endswith("</script>")
        assert text.isascii()
        assert text.lower().count("</script") == 1
    if case["target"] == "EventTracker.inject_tracking_script" and "times" in expect:
        again = injection_cases.injectors()["tracker"](result)
        assert again == result
    for word in expect.get("lacks_any_case", ()):
        assert word.lower() not in result.lower()
    if "call_argument_value_equals" in expect:
        stated = result.partition('"value":')[2].partition(",")[0].strip('"')
        assert Decimal(stated) == Decimal(expect["call_argument_value_equals"])


def test_injectors_in_any_order_write_the_same_scripts() -> None:
    page = page_of(CASES["all-three-injectors"])
    results = [injection_cases.inject_all(page, order) for order in injection_cases.orders()]
    assert len({tuple(sorted(result)) for result in results}) == 1
    for result in results:
        for mark in ("landing", "pixel", "tag_manager", "tag_manager_frame"):
            assert result.count(f'data-storepulse="{mark}"') == 1
