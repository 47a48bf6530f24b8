"""`/api/analytics/pixels`: purchases for which the pixels of Meta and Google were called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from storepulse.adapters.postgres.named_sql import named_sql
from storepulse.query.activity import share
from storepulse.query.app_state import CanRead, database
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.periods import CoveredPeriod
from storepulse.query.store_days import StorePeriod, own_days_of, parameters_of_days
from storepulse.query.wire import Day

router = APIRouter(
    route_class=CheckedRoute, tags=["orders"], responses=error_responses_of(400, 401, 403, 503)
)
_SQL = named_sql("query/pixels", coverage="store_id first_day end_day include_bots")


class PixelCoverage(BaseModel):
    """Purchases, and those for which the shop's page called a pixel with the purchase's id."""

    purchases: int = Field(
        description="Paid and refunded orders, and purchases that state an amount and no order's "
        "number"
    )
    meta: int = Field(description="Those of them for which Meta's pixel was called")
    google: int = Field(description="Those for which Google's tag was called")
    any: int = Field(description="Those for which at least one of both was called")
    none: int = Field(description="Those for which none was")
    meta_share: float | None = Field(description="meta / purchases; null without purchases")
    google_share: float | None
    any_share: float | None
    none_share: float | None


class PixelCoverageOfDay(PixelCoverage):
    """The same of one day."""

    day: Day
    complete: bool = Field(description="Whether the day is over")


class PixelCoverageOfPeriod(PixelCoverage, CoveredPeriod):
    """The days from `from` up to `to`; days without a purchase are left out."""

    status: Literal["success"] = "success"
    by_day: list[PixelCoverageOfDay]


@router.get("/api/analytics/pixels")
async def get_pixel_coverage(
    request: Request, reader: CanRead, query: Annotated[StorePeriod, Query()]
) -> PixelCoverageOfPeriod:
    """Purchases for which the pixels of Meta and Google were called, in total and by day."""
    window = await own_days_of(request, reader, query)
    asked = parameters_of_days(reader, query, window)
    total, *days = await database(request).rows(_SQL["coverage"], asked)
    return PixelCoverageOfPeriod(
        **window.fields,
        **_coverage_of(total),
        by_day=[
            PixelCoverageOfDay(
                day=row["day"],
                complete=window.is_day_complete(row["day"]),
                **_coverage_of(row),
            )
            for row in days
        ],
    )


def _coverage_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of PixelCoverage."""
    purchases = row["purchases"]
    counts = {
        "meta": row["meta"],
        "google": row["google"],
        "any": row["called"],
        "none": purchases - row["called"],
    }
    shares = {f"{name}_share": share(count, purchases) for name, count in counts.items()}
    return {"purchases": purchases, **counts, **shares}
