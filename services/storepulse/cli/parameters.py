"""Types of options that several commands take."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import click

from storepulse.destinations.rules.rotation import LONGEST_EXPIRY

_AGE = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Since(click.ParamType):
    """A UTC time, or how long ago: `2026-01-31`, `2026-01-31T08:00`, `90m`, `24h`, `7d`."""

    name = "time|24h"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            if age := _AGE.fullmatch(str(value)):
                return datetime.now(UTC) - timedelta(**{_UNITS[age[2]]: int(age[1])})
            at = datetime.fromisoformat(str(value))
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is neither a time nor an age such as 24h", param, ctx)
        return at if at.tzinfo else at.replace(tzinfo=UTC)


class Lasting(click.ParamType):
    """How long something lasts: `90m`, `24h`, `7d`; at most 30 days."""

    name = "24h"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = _AGE.fullmatch(str(value))
        lasting = timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None
        if lasting is None or lasting > LONGEST_EXPIRY:
            self.fail(f"{value!r} is no time such as 24h, of at most 30 days", param, ctx)
        return lasting


class Store(click.ParamType):
    """A store by its id or domain."""

    name = "id|domain"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> UUID:
        from storepulse.cli.tail import store_id
        from storepulse.domain.errors import Rejected

        try:
            return UUID(store_id(str(value)))
        except Rejected as error:
            self.fail(f"{value!r} {error.reason}", param, ctx)
