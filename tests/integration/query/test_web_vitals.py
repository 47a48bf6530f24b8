"""Web vitals by day and page: percentiles and ratings of what the tables count."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from hashlib import sha256
from random import Random
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from tests.integration.query.conftest import Reads

from storepulse.domain.web_vitals import METRICS

VITALS = "/api/web-vitals"
PAGES = "/api/web-vitals/pages"


def rows_of(
    store: str, metric: str, page: str, values: list[float], day: int = 1, **more: Any
) -> list[dict[str, Any]]:
    """The rows of samples, as the agents write them."""
    buckets = Counter(METRICS[metric].bucket_of(value) for value in values)
    totals: dict[int, Decimal] = defaultdict(Decimal)
    for value in values:
        totals[METRICS[metric].bucket_of(value)] += Decimal(str(value))
    return [
        {
            "store_id": store, "day": f"2026-03-{day:02}", "metric": metric, "page": page,
            "page_hash": sha256(page.encode()).digest(), "is_bot": False, "bucket": bucket,
            "samples": count, "total": totals[bucket], **more,
        }
        for bucket, count in buckets.items()
    ]  # fmt: skip


def test_percentiles_and_ratings_of_a_store(reads: Reads, store: str) -> None:
    rng = Random(3)
    by_day = {day: [rng.lognormvariate(7.7, 0.6) for _ in range(300)] for day in (1, 2)}
    for day, values in by_day.items():
        reads.insert("web_vitals_daily", *rows_of(store, "LCP", "/", values[:200], day))
        reads.insert("web_vitals_daily", *rows_of(store, "LCP", "/mug", values[200:], day))
    reads.insert("web_vitals_daily", *rows_of(store, "LCP", "/", [1.0] * 9, is_bot=True))
    reads.insert("web_vitals_daily", *rows_of(store, "LCP", "/", [1.0], day=9))
    every = [*by_day[1], *by_day[2]]
    (lcp,) = reads.read(VITALS, store_id=store, to="2026-03-03", metric="LCP")["data"]
    assert (lcp["metric"], lcp["unit"], lcp["samples"]) == ("LCP", "ms", 600)
    for name, share in (("p50", 0.5), ("p75", 0.75)):
        assert lcp[name] == pytest.approx(
            float(np.quantile(every, share, method="inverted_cdf")), rel=0.05
        )
    assert lcp["mean"] == pytest.approx(sum(every) / 600, abs=0.001)
    good, poor = sum(v <= 2500 for v in every), sum(v > 4000 for v in every)
    assert lcp["good"] == round(good / 600, 6)
    assert lcp["poor"] == round(poor / 600, 6)
    assert lcp["needs_improvement"] == round((600 - good - poor) / 600, 6)
    assert sum(bucket["samples"] for bucket in lcp["histogram"]) == 600
    assert all(bucket["above"] < bucket["up_to"] for bucket in lcp["histogram"])
    assert [(one["day"], one["samples"], one["complete"]) for one in lcp["series"]] == [
        ("2026-03-01", 300, True), ("2026-03-02", 300, True),
    ]  # fmt: skip
    for one, values in zip(lcp["series"], by_day.values(), strict=True):
        exact = float(np.quantile(values, 0.75, method="inverted_cdf"))
        assert one["p75"] == pytest.approx(exact, rel=0.05)
        assert one["rating"] == METRICS["LCP"].rating_of(one["p75"])
    of_page = reads.read(VITALS, store_id=store, to="2026-03-03", metric="LCP", page="/mug/?x")
    assert of_page["data"][0]["samples"] == 200


def test_every_metric_is_told_of_and_none_is_null(reads: Reads, store: str) -> None:
    reads.insert("web_vitals_daily", *rows_of(store, "CLS", "lp-1", [0, 0, 0, 0.3]))
    answer = reads.read(VITALS, store_id=store)
    assert [one["metric"] for one in answer["data"]] == ["CLS", "FCP", "INP", "LCP", "TTFB"]
    cls, fcp, *_ = answer["data"]
    assert (cls["p75"], cls["rating"], cls["good"], cls["poor"]) == (0, "good", 0.75, 0.25)
    assert cls["histogram"][0] == {"above": 0.0, "up_to": 0.0, "samples": 3}
    assert fcp == {
        "metric": "FCP", "unit": "ms", "samples": 0, "p50": None, "p75": None, "rating": None,
        "mean": None, "good": None, "needs_improvement": None, "poor": None, "histogram": [],
        "series": [],
    }  # fmt: skip
    assert reads.read(VITALS, store_id=store, page="lp-1", metric="CLS")["data"][0]["samples"] == 4


def test_vitals_stand_beside_those_of_an_earlier_period(reads: Reads, store: str) -> None:
    reads.insert("web_vitals_daily", *rows_of(store, "INP", "/", [150, 150]))
    reads.insert("web_vitals_daily", *rows_of(store, "INP", "/", [600], 2))
    answer = reads.read(
        VITALS, store_id=store, metric="INP", from_="2026-03-02", to="2026-03-03",
        compare="previous_period",
    )  # fmt: skip
    assert answer["data"][0]["rating"] == "poor"
    (earlier,) = answer["comparison"]["data"]
    assert (earlier["samples"], earlier["rating"], earlier["good"]) == (2, "good", 1)
    assert "histogram" not in earlier


def test_pages_by_samples_or_by_slowness(reads: Reads, store: str) -> None:
    told = {"/": [900.0] * 5, "/slow": [900, 4500, 4500, 4500.0], "lp-1": [3000.0], "": [100.0]}
    for page, values in told.items():
        reads.insert("web_vitals_daily", *rows_of(store, "LCP", page, values))
    reads.insert("web_vitals_daily", *rows_of(store, "FCP", "/other", [1.0] * 9))
    answer = reads.read(PAGES, store_id=store, metric="LCP")
    assert [(one["page"], one["samples"], one["rating"]) for one in answer["data"]] == [
        ("/", 5, "good"), ("/slow", 4, "poor"), (None, 1, "good"), ("lp-1", 1, "needs_improvement"),
    ]  # fmt: skip
    slow = answer["data"][1]
    assert (slow["good"], slow["needs_improvement"], slow["poor"]) == (0.25, 0, 0.75)
    assert slow["p75"] == pytest.approx(4500, rel=0.05)
    assert (answer["total"], answer["metric"], answer["unit"]) == (4, "LCP", "ms")
    slowest = reads.read(PAGES, store_id=store, metric="LCP", sort="p75", limit=2)
    assert [one["page"] for one in slowest["data"]] == ["/slow", "lp-1"]
    assert slowest["total"] == 4
    many = reads.read(PAGES, store_id=store, metric="LCP", sort="p75", least_samples=5)
    assert [one["page"] for one in many["data"]] == ["/"]
    assert reads.read(PAGES, store_id=str(uuid4()), metric="LCP")["data"] == []


@pytest.mark.parametrize(
    ("path", "parameters", "field"),
    [
        (VITALS, {"metric": "FID"}, "metric"),
        (PAGES, {}, "metric"),
        (PAGES, {"metric": "LCP", "least_samples": 0}, "least_samples"),
        (VITALS, {"tz": "Asia/Tokyo"}, "tz"),
        (VITALS, {"page": ""}, "page"),
    ],
)
def test_what_cannot_be_asked(
    reads: Reads, store: str, path: str, parameters: dict[str, Any], field: str
) -> None:
    refused = reads.get(path, store_id=store, **parameters)
    assert refused.status_code == 400
    assert refused.json()["details"]["field"] == field
