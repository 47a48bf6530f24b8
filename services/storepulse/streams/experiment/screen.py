"""Column conditions for experiment records that may break a rule of the beacon."""

from __future__ import annotations

import polars as pl

from storepulse.domain.currencies import CURRENCIES
from storepulse.domain.experiments.exposures import exposure_id, unit_of
from storepulse.domain.experiments.names import (
    ID_CHARACTERS,
    ID_TEXT,
    METRIC_CHARACTERS,
    METRIC_TEXT,
)
from storepulse.streams.experiment.beacon import EXPOSURE
from storepulse.streams.screen import (
    ID_BYTES,
    is_no_order_number,
    is_no_text,
    is_not,
    is_present,
    is_untrimmed,
)

_TEST = r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
#: Larger values, also negative ones, are judged one by one.
_PLAIN_VALUE = 10**11
#: The fields from which the id of an exposure is derived, after the id itself.
_OF_EXPOSURE = (
    "event_id", "store_id", "test_id", "phase", "visitor_id", "session_id", "variant_id",
)  # fmt: skip
_NOT_OF_EXPOSURES = ("metric", "value", "currency", "order_id", "metadata")
_OF_OTHER_STREAMS = ("name", "customer_id", "email_hash", "items", "view_id")


def suspicions() -> list[pl.Expr]:
    """Return conditions of which every record that breaks a rule of the beacon meets one."""
    kind = pl.col("event_type").cast(pl.String)
    is_exposure = kind == EXPOSURE
    return [
        ~pl.any_horizontal(is_present("visitor_id", "session_id")),
        is_not("test_id", _TEST, 36),
        pl.col("phase") < 1,
        is_not("variant_id", f"^{ID_TEXT}$", ID_CHARACTERS),
        is_not("metric", f"^{METRIC_TEXT}$", METRIC_CHARACTERS),
        (kind == "Metric") & pl.col("metric").is_null(),
        ~pl.col("value").is_between(-_PLAIN_VALUE, _PLAIN_VALUE),
        ~pl.col("currency").is_in(sorted(CURRENCIES)),
        is_no_text("order_id", ID_BYTES),
        is_untrimmed("order_id"),
        is_no_order_number("order_id"),
        is_exposure & pl.any_horizontal(is_present(*_NOT_OF_EXPOSURES)),
        _has_other_id(is_exposure),
        pl.any_horizontal(is_present(*_OF_OTHER_STREAMS)),
    ]


def _has_other_id(is_exposure: pl.Expr) -> pl.Expr:
    """Whether an exposure's id is not the derived one."""
    columns = [is_exposure.alias("is_exposure"), *_OF_EXPOSURE]
    return pl.struct(columns).map_batches(_have_other_ids, return_dtype=pl.Boolean)


def _have_other_ids(rows: pl.Series) -> pl.Series:
    said = rows.struct.unnest()
    found = [
        is_exposure and _id_of(*exposure) != event_id
        for is_exposure, event_id, *exposure in said.iter_rows()
    ]
    return pl.Series(found, dtype=pl.Boolean)


def _id_of(
    store_id: str,
    test_id: str,
    phase: int | None,
    visitor_id: str | None,
    session_id: str | None,
    variant_id: str | None,
) -> str | None:
    """Return the id of an exposure; None if a field is missing."""
    if phase is None or variant_id is None or not (visitor_id or session_id):
        return None
    return exposure_id(store_id, test_id, phase, unit_of(visitor_id, session_id), variant_id)
