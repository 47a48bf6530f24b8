"""Targeting: which visits a test is for.

An empty list means everybody. A condition on an unknown property is not met: a visitor of an
unknown country is not in a test for one country.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from storepulse.domain.experiments.definition import Targeting

EVERYBODY = Targeting()


@dataclass(frozen=True, slots=True)
class KnownVisit:
    """The known properties of a visit.

    `device` is mobile, tablet or desktop, `country` an ISO code in upper case, `visitor` whether
    the shop has seen the visitor before, `utm` the parameters of the URL that began the visit:
    `source` for `utm_source`.
    """

    page_type: str | None = None
    slug: str | None = None
    device: str | None = None
    country: str | None = None
    visitor: Literal["new", "returning"] | None = None
    utm: Mapping[str, str] = field(default_factory=dict)


def is_for_page(targeting: Targeting, page_type: str | None, slug: str | None) -> bool:
    """Whether a test is for visits to a page."""
    if targeting.page_types and page_type not in targeting.page_types:
        return False
    return not targeting.slugs or slug in targeting.slugs


def is_for(targeting: Targeting, visit: KnownVisit) -> bool:
    """Whether a test is for a visit."""
    if targeting == EVERYBODY:
        return True
    if not is_for_page(targeting, visit.page_type, visit.slug):
        return False
    if targeting.devices and visit.device not in targeting.devices:
        return False
    if targeting.countries and visit.country not in targeting.countries:
        return False
    if targeting.visitors not in ("all", visit.visitor):
        return False
    return all(visit.utm.get(name) in values for name, values in targeting.utm.items() if values)
