"""Validation of an author's test, which becomes a `Definition` or is refused with field and reason.

Weights and the share of traffic are whole basis points (5000 is half), and weights add up to
10,000. One variant is the control: the first, unless another is marked. One metric decides: the
first that is not a ratio, unless another is named. Money requires a currency, because amounts in
different currencies are never added.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from storepulse.domain.clients import country_code
from storepulse.domain.errors import Rejected
from storepulse.domain.experiments.authored import (
    AuthoredGroup,
    AuthoredTargeting,
    AuthoredTest,
    AuthoredVariant,
)
from storepulse.domain.experiments.authored_metrics import metrics_of, primary_of
from storepulse.domain.experiments.authored_pages import (
    COMPONENT_CHARACTERS,
    check_free_object,
    check_id,
    check_label,
    check_page_type,
    overrides_of,
    slots_of,
)
from storepulse.domain.experiments.definition import (
    DEFAULT_ALPHA,
    DEFAULT_PRE_DAYS,
    DEFAULT_WINDOW_HOURS,
    WHOLE,
    Definition,
    ExclusiveGroup,
    Targeting,
    Variant,
)
from storepulse.domain.experiments.names import DEVICES, SLUG_CHARACTERS
from storepulse.domain.json_values import is_text

NAME_CHARACTERS = 200
DESCRIPTION_CHARACTERS = 4_000
MOST_PRIORITY = 1_000_000
LEAST_VARIANTS, MOST_VARIANTS = 2, 10
MOST_LISTED = 200
UTM_CHARACTERS = 255
UTM_KEYS = ("source", "medium", "campaign", "term", "content")
LEAST_ALPHA, MOST_ALPHA = 0.001, 0.2
LEAST_POWER, MOST_POWER = 0.5, 0.99
MOST_WINDOW_HOURS = 30 * 24
MOST_PRE_DAYS = 60
LEAST_N_STAR, MOST_N_STAR = 100, 100_000_000
DEFAULT_POWER = 0.8


def name_of(authored: AuthoredTest) -> str:
    """The test's name. Raises Rejected."""
    return check_label("name", authored.name, NAME_CHARACTERS)


def description_of(authored: AuthoredTest) -> str | None:
    """The description for people; line breaks are kept. Raises Rejected."""
    text = (authored.description or "").strip()
    if len(text) > DESCRIPTION_CHARACTERS:
        raise Rejected("description", f"is longer than {DESCRIPTION_CHARACTERS} characters")
    if not is_text(text):
        raise Rejected("description", "holds a NUL character or half of a surrogate pair")
    return text or None


def priority_of(authored: AuthoredTest) -> int:
    """The priority: if two tests change one property, the greater wins. Raises Rejected."""
    return int(_in_range("priority", authored.priority, -MOST_PRIORITY, MOST_PRIORITY))


def definition_of(authored: AuthoredTest) -> Definition:
    """The test's definition. Raises Rejected."""
    metrics = metrics_of(authored.metrics)
    return Definition(
        variants=_variants_of(authored.variants),
        metrics=metrics,
        primary_metric=primary_of(metrics, authored.primary_metric),
        traffic=int(_in_range("traffic", authored.traffic, 1, WHOLE, WHOLE)),
        targeting=_targeting_of(authored.targeting or AuthoredTargeting()),
        group=None if authored.group is None else _group_of(authored.group),
        alpha=_in_range("alpha", authored.alpha, LEAST_ALPHA, MOST_ALPHA, DEFAULT_ALPHA),
        window_hours=int(
            _in_range(
                "window_hours", authored.window_hours, 1, MOST_WINDOW_HOURS, DEFAULT_WINDOW_HOURS
            )
        ),
        pre_days=int(_in_range("pre_days", authored.pre_days, 0, MOST_PRE_DAYS, DEFAULT_PRE_DAYS)),
        n_star=None if authored.n_star is None else _n_star_of(authored.n_star),
        baseline_rate=_rate_of(authored.baseline_rate),
        relative_effect=_effect_of(authored.relative_effect),
        power=_in_range("power", authored.power, LEAST_POWER, MOST_POWER, DEFAULT_POWER),
    )


def _variants_of(authored: Sequence[AuthoredVariant]) -> tuple[Variant, ...]:
    if not LEAST_VARIANTS <= len(authored) <= MOST_VARIANTS:
        raise Rejected("variants", f"must be {LEAST_VARIANTS} to {MOST_VARIANTS} variants")
    flagged = [index for index, variant in enumerate(authored) if variant.is_control]
    if len(flagged) > 1:
        raise Rejected(f"variants.{flagged[1]}.is_control", "is the second control: one is wanted")
    control = flagged[0] if flagged else 0
    ids: set[str] = set()
    variants = []
    for index, variant in enumerate(authored):
        made = _variant_of(f"variants.{index}", variant, is_control=index == control)
        if made.variant_id in ids:
            raise Rejected(f"variants.{index}.variant_id", "is used twice")
        ids.add(made.variant_id)
        variants.append(made)
    total = sum(variant.weight for variant in variants)
    if total != WHOLE:
        raise Rejected("variants", f"have weights that add up to {total}, not to {WHOLE}")
    if variants[control].weight == 0:
        raise Rejected(f"variants.{control}.weight", "is 0: results are held against the control")
    if variants[control].weight == WHOLE:
        raise Rejected("variants", "give all visitors to the control: nothing is compared")
    return tuple(variants)


def _variant_of(place: str, authored: AuthoredVariant, *, is_control: bool) -> Variant:
    variant_id = check_id(f"{place}.variant_id", authored.variant_id)
    name = variant_id
    if authored.name is not None:
        name = check_label(f"{place}.name", authored.name, NAME_CHARACTERS)
    template, layout = authored.page_template, authored.slot_configuration
    if template is not None:
        template = check_label(f"{place}.page_template", template, COMPONENT_CHARACTERS)
    return Variant(
        variant_id,
        name,
        int(_in_range(f"{place}.weight", authored.weight, 0, WHOLE)),
        is_control,
        overrides_of(f"{place}.slot_overrides", authored.slot_overrides or {}),
        template,
        None if layout is None else slots_of(f"{place}.slot_configuration", layout),
        check_free_object(f"{place}.payload", authored.payload or {}),
    )


def _targeting_of(authored: AuthoredTargeting) -> Targeting:
    page_types = [
        check_page_type("targeting.page_types", one)
        for one in _check_many("targeting.page_types", authored.page_types)
    ]
    slugs = [
        check_label("targeting.slugs", one, SLUG_CHARACTERS)
        for one in _check_many("targeting.slugs", authored.slugs)
    ]
    for device in _check_many("targeting.devices", authored.devices):
        if device not in DEVICES:
            raise Rejected("targeting.devices", f"must be some of {', '.join(DEVICES)}")
    return Targeting(
        _distinct(page_types),
        _distinct(slugs),
        _distinct(authored.devices),
        _distinct(
            [_country_of(one) for one in _check_many("targeting.countries", authored.countries)]
        ),
        authored.visitors,
        {key: values for key, texts in authored.utm.items() if (values := _utm_values(key, texts))},
    )


def _country_of(text: str) -> str:
    code = country_code(text)
    if code is None:
        raise Rejected("targeting.countries", "must be ISO 3166 codes of two letters, such as DE")
    return code


def _utm_values(key: str, texts: list[str]) -> tuple[str, ...]:
    if key not in UTM_KEYS:
        raise Rejected("targeting.utm", f"must be some of {', '.join(UTM_KEYS)}")
    field = f"targeting.utm.{key}"
    return _distinct([check_label(field, one, UTM_CHARACTERS) for one in _check_many(field, texts)])


def _group_of(authored: AuthoredGroup) -> ExclusiveGroup:
    group_id = check_id("group.group_id", authored.group_id)
    start = int(_in_range("group.start", authored.start, 0, WHOLE - 1))
    end = int(_in_range("group.end", authored.end, 1, WHOLE))
    if end <= start:
        raise Rejected("group.end", "is not above start")
    return ExclusiveGroup(group_id, start, end)


def _n_star_of(stated: int) -> int:
    return int(_in_range("n_star", stated, LEAST_N_STAR, MOST_N_STAR))


def _rate_of(stated: float | None) -> float | None:
    if stated is not None and not 0 < stated < 1:
        raise Rejected("baseline_rate", "must be a share between 0 and 1, such as 0.03")
    return stated


def _effect_of(stated: float | None) -> float | None:
    if stated is not None and not (-1 < stated <= 10 and stated != 0):
        raise Rejected("relative_effect", "must be a share between -1 and 10 that is not 0")
    return stated


def _in_range(
    field: str, value: float | None, least: float, most: float, default: float = 0
) -> float:
    if value is None:
        return default
    if not (math.isfinite(value) and least <= value <= most):
        raise Rejected(field, f"must be {least:.12g} to {most:.12g}")
    return value


def _check_many(field: str, texts: list[str]) -> list[str]:
    if len(texts) > MOST_LISTED:
        raise Rejected(field, f"has more than {MOST_LISTED} entries")
    return texts


def _distinct(texts: Sequence[str]) -> tuple[str, ...]:
    """Each text once, in the original order."""
    return tuple(dict.fromkeys(texts))
