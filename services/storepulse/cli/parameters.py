"""Types of options that several commands take."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import click

_AGE = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Since(click.ParamType):
    """A UTC time or an age: `2026-01-31`, `2026-01-31T08:00`, `90m`, `24h`, `7d`."""

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


class Duration(click.ParamType):
    """A time span: `90m`, `24h`, `30d`."""

    name = "24h"

    def __init__(self, longest: timedelta | None = None) -> None:
        self._longest = longest

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        if isinstance(value, timedelta):
            return value
        span = _AGE.fullmatch(str(value))
        if span is None:
            self.fail(f"{value!r} is not a time span such as 24h", param, ctx)
        duration = timedelta(**{_UNITS[span[2]]: int(span[1])})
        if self._longest is not None and duration > self._longest:
            self.fail(f"{value!r} is longer than {self._longest.days} days", param, ctx)
        return duration


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


class IdBeginning(click.ParamType):
    """An id or its prefix, as tables show it."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from storepulse.domain.errors import Rejected
        from storepulse.domain.id_prefix import id_range_of

        try:
            id_range_of(str(value))
        except Rejected as error:
            self.fail(f"{value!r} {error.reason}", param, ctx)
        return str(value)
