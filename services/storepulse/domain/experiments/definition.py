"""The definition of a test: variants with weights, targeting, and metrics.

`authoring.py` validates an author's input and makes a `Definition`. A phase stores the definition
that it began with as JSON (`encode`, `decode`), and never changes it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

import msgspec

#: Weights and shares are in basis points.
WHOLE = 10_000
DEFAULT_ALPHA = 0.05
DEFAULT_WINDOW_HOURS = 72
DEFAULT_PRE_DAYS = 14
DEFAULT_N_STAR = 5_000

Status = Literal["draft", "running", "paused", "completed", "archived"]
MetricKind = Literal["binary", "count", "sum", "ratio"]
Direction = Literal["increase", "decrease"]
Visitors = Literal["all", "new", "returning"]


class SlotOverride(msgspec.Struct, frozen=True, omit_defaults=True):
    """A variant's change of one slot; None keeps the slot's value. `props` are merged deeply."""

    props: dict[str, Any] | None = None
    enabled: bool | None = None
    component: str | None = None
    position: int | None = None


class Slot(msgspec.Struct, frozen=True, omit_defaults=True):
    """One block of a page."""

    slot_id: str
    component: str
    position: int = 0
    enabled: bool = True
    props: dict[str, Any] = {}


class Page(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page's configuration."""

    template: str | None = None
    slots: tuple[Slot, ...] = ()


class Variant(msgspec.Struct, frozen=True, omit_defaults=True):
    """One variant. `weight`: its share of the visitors, in basis points.

    `payload` is passed to the page and has no meaning here.
    """

    variant_id: str
    name: str
    weight: int
    is_control: bool = False
    slot_overrides: dict[str, SlotOverride] = {}
    page_template: str | None = None
    slot_configuration: tuple[Slot, ...] | None = None
    payload: dict[str, Any] = {}


class Metric(msgspec.Struct, frozen=True, omit_defaults=True):
    """A visitor's metric: whether the source had an event (`binary`), how many (`count`), the sum
    of their values (`sum`), or a `ratio` of two such metrics.

    `cap`: the maximum of a visitor's total. With `auto_cap` it is None until the phase begins, when
    it is set to a number or None from earlier purchases; `auto_cap` stays set.
    """

    key: str
    kind: MetricKind
    source: str | None = None
    currency: str | None = None
    cap: Decimal | None = None
    auto_cap: bool = False
    numerator: str | None = None
    denominator: str | None = None
    direction: Direction = "increase"


class Targeting(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whom a test is for; an empty list means everybody. `utm`: allowed values by parameter,
    without the prefix `utm_`."""

    page_types: tuple[str, ...] = ()
    slugs: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    visitors: Visitors = "all"
    utm: dict[str, tuple[str, ...]] = {}


class ExclusiveGroup(msgspec.Struct, frozen=True):
    """Tests of one group share no visitor: each has a range [start, end) of its buckets."""

    group_id: str
    start: int
    end: int


class Definition(msgspec.Struct, frozen=True, omit_defaults=True):
    """A complete test. `traffic`: the share of eligible visitors who take part, in basis points.

    `n_star`: planned visitors of control and one variant; None until the phase begins.
    """

    variants: tuple[Variant, ...]
    metrics: tuple[Metric, ...]
    primary_metric: str
    traffic: int = WHOLE
    targeting: Targeting = Targeting()
    group: ExclusiveGroup | None = None
    alpha: float = DEFAULT_ALPHA
    window_hours: int = DEFAULT_WINDOW_HOURS
    pre_days: int = DEFAULT_PRE_DAYS
    n_star: int | None = None
    baseline_rate: float | None = None
    relative_effect: float | None = None
    power: float = 0.8

    @property
    def control(self) -> Variant:
        """The variant that the others are compared with."""
        return next(variant for variant in self.variants if variant.is_control)

    @property
    def metric(self) -> Metric:
        """The primary metric, which decides the verdict."""
        return next(metric for metric in self.metrics if metric.key == self.primary_metric)


def encode(definition: Definition) -> bytes:
    """The definition as JSON, for storage."""
    return msgspec.json.encode(definition)


def decode(text: str | bytes) -> Definition:
    """A stored definition. Raises msgspec.ValidationError if `encode` did not write it."""
    return msgspec.json.decode(text, type=Definition)
