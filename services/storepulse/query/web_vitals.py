"""`/api/web-vitals`: how fast and stable a store's pages are for visitors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.domain.pages import normalised_path
from storepulse.domain.web_vitals import METRICS, MetricName, Rating, VitalMetric
from storepulse.query.activity import share
from storepulse.query.app_state import CanRead, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.lists import CountedList, total_of
from storepulse.query.periods import ComparedPeriod, CoveredPeriod
from storepulse.query.store_days import (
    StorePeriod,
    TopOfStore,
    own_days_of,
    parameters_of_days,
)
from storepulse.query.windows import Window
from storepulse.query.wire import Day, Text

router = APIRouter(
    route_class=CheckedRoute, tags=["web vitals"], responses=error_responses_of(400, 401, 403, 503)
)
_OF_DAYS = "store_id first_day end_day include_bots metrics"
_SQL = named_sql(
    "query/web_vitals",
    histograms=f"{_OF_DAYS} page",
    days=f"{_OF_DAYS} page",
    list_pages=f"{_OF_DAYS} good poor least_samples sort count",
)
_DIGITS = 4


class VitalsFilter(ComparedPeriod, StorePeriod):
    """Which metric and page."""

    metric: MetricName | None = Field(None, description="This metric only")
    page: Text | None = Field(
        None, description="This page only: its path as heatmaps name it, or a landing page's id"
    )


class VitalPagesFilter(TopOfStore):
    """Which pages, and their order."""

    metric: MetricName = Field(description="The metric", examples=["LCP"])
    sort: Literal["samples", "p75"] = Field(
        "samples", description="Order: the most samples first, or the slowest"
    )
    least_samples: int = Field(1, ge=1, le=10**9, description="Leaves out pages with fewer samples")


class VitalShares(BaseModel):
    """Samples, and how many of them are good, by the limits of web.dev."""

    samples: int
    p75: float | None = Field(
        description="Value that three quarters of the samples are not above, less than 5 % off: "
        "milliseconds, of CLS the score; null without samples",
        examples=[1834.5],
    )
    rating: Rating | None = Field(description="Of p75")
    good: float | None = Field(description="Share of the samples")
    needs_improvement: float | None = Field(description="Share of the samples")
    poor: float | None = Field(description="Share of the samples")


class VitalFigures(VitalShares):
    """One metric in a period."""

    metric: MetricName
    unit: Literal["ms", "score"]
    p50: float | None = Field(description="The median, less than 5 % off")
    mean: float | None


class VitalBucket(BaseModel):
    """Samples of the values above `above`, up to `up_to`."""

    above: float
    up_to: float
    samples: int


class VitalDay(BaseModel):
    """A day with samples."""

    day: Day
    samples: int
    p75: float
    rating: Rating
    complete: bool = Field(description="Whether the day is over")


class Vital(VitalFigures):
    """One metric with its buckets and days. Buckets without samples are left out."""

    histogram: list[VitalBucket]
    series: list[VitalDay]


class VitalsOfPeriod(CoveredPeriod):
    """The metrics of a period, including those without samples."""

    data: list[VitalFigures]


class Vitals(CoveredPeriod):
    """Web vitals of the days from `from` up to `to`."""

    status: Literal["success"] = "success"
    data: list[Vital]
    comparison: VitalsOfPeriod | None = Field(description="Null unless `compare` asks for it")


class VitalPage(VitalShares):
    """One page."""

    page: str | None = Field(
        description="Its path as heatmaps name it, or a landing page's id; null: no URL was named",
        examples=["/cart"],
    )


class VitalPages(CoveredPeriod, CountedList):
    """Pages of the days from `from` up to `to`, by one metric."""

    status: Literal["success"] = "success"
    metric: MetricName
    unit: Literal["ms", "score"]
    data: list[VitalPage]


@router.get("/api/web-vitals")
async def get_web_vitals(
    request: Request, reader: CanRead, query: Annotated[VitalsFilter, Query()]
) -> Vitals:
    """Web vitals of a store or of one of its pages: percentiles, ratings and buckets, by day."""
    reads = database(request)
    metrics = list(METRICS) if query.metric is None else [query.metric]

    def asked_of(window: Window) -> dict[str, Any]:
        asked = {"metrics": metrics, "page": _page_of(query.page)}
        return {**parameters_of_days(reader, query, window), **asked}

    async def histograms_of(window: Window) -> dict[str, list[Mapping[str, Any]]]:
        return _by_metric(await reads.rows(_SQL["histograms"], asked_of(window)))

    async def comparison_of(window: Window) -> VitalsOfPeriod:
        rows = await histograms_of(window)
        data = [VitalFigures(**_figures_of(METRICS[m], rows.get(m, []))) for m in metrics]
        return VitalsOfPeriod(**window.fields, data=data)

    window = await own_days_of(request, reader, query)
    rows = await histograms_of(window)
    days = _by_metric(await reads.rows(_SQL["days"], asked_of(window)))
    data = [
        Vital(
            **_figures_of(METRICS[name], rows.get(name, [])),
            histogram=[_bucket_of(METRICS[name], row) for row in rows.get(name, ())],
            series=[_day_of(METRICS[name], row, window) for row in days.get(name, ())],
        )
        for name in metrics
    ]
    comparison = await query.comparison(window, "day", comparison_of)
    return Vitals(**window.fields, data=data, comparison=comparison)


@router.get("/api/web-vitals/pages")
async def list_web_vitals_pages(
    request: Request, reader: CanRead, query: Annotated[VitalPagesFilter, Query()]
) -> VitalPages:
    """The pages of a store by one metric."""
    metric = METRICS[query.metric]
    window = await own_days_of(request, reader, query)
    rows = await database(request).rows(
        _SQL["list_pages"],
        {
            **parameters_of_days(reader, query, window),
            "metrics": [metric.name],
            "good": metric.bucket_of(metric.good),
            "poor": metric.bucket_of(metric.poor),
            "least_samples": query.least_samples,
            "sort": query.sort,
            "count": query.limit,
        },
    )
    data = [
        VitalPage(
            page=row["page"] or None,
            samples=row["samples"],
            **_p75_of(metric, row),
            good=share(row["good"], row["samples"]),
            needs_improvement=share(row["samples"] - row["good"] - row["poor"], row["samples"]),
            poor=share(row["poor"], row["samples"]),
        )
        for row in rows
    ]
    return VitalPages(
        **window.fields, **total_of(rows), metric=metric.name, unit=metric.unit, data=data
    )


def _page_of(asked: str | None) -> str | None:
    """The canonical name of a page: a path may be written in several ways."""
    if asked is None or not asked.startswith("/"):
        return asked
    return normalised_path(re.split("[?#]", asked, maxsplit=1)[0])


def _by_metric(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    return {name: list(found) for name, found in groupby(rows, lambda row: str(row["metric"]))}


def _figures_of(metric: VitalMetric, rows: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The fields of `VitalFigures` from the rows of a metric's buckets."""
    counts = {row["bucket"]: row["samples"] for row in rows}
    samples = sum(counts.values())
    rated = dict.fromkeys(("good", "needs_improvement", "poor"), 0)
    for bucket, count in counts.items():
        rated[metric.rating_of_bucket(bucket)] += count
    p75 = metric.percentile(counts, 0.75)
    return {
        "metric": metric.name,
        "unit": metric.unit,
        "samples": samples,
        "p50": _rounded(metric.percentile(counts, 0.5)),
        "p75": _rounded(p75),
        "rating": None if p75 is None else metric.rating_of(p75),
        "mean": _rounded(float(sum(row["total"] for row in rows)) / samples) if samples else None,
        **{rating: share(count, samples) for rating, count in rated.items()},
    }


def _p75_of(metric: VitalMetric, row: Mapping[str, Any]) -> dict[str, Any]:
    p75 = metric.value_at(row["bucket"], row["rank_in_bucket"], row["in_bucket"])
    return {"p75": _rounded(p75), "rating": metric.rating_of(p75)}


def _bucket_of(metric: VitalMetric, row: Mapping[str, Any]) -> VitalBucket:
    above, up_to = metric.range_of(row["bucket"])
    return VitalBucket(above=above, up_to=up_to, samples=row["samples"])


def _day_of(metric: VitalMetric, row: Mapping[str, Any], window: Window) -> VitalDay:
    return VitalDay(
        day=row["day"],
        samples=row["samples"],
        complete=window.is_day_complete(row["day"]),
        **_p75_of(metric, row),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
