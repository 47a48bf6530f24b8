"""Types of options that commands about experiments share."""

from __future__ import annotations

from typing import Any

import click


class SharesOption(click.ParamType):
    """Shares of control and variants, `50/50` or `80/10/10`, normalized to a sum of 1."""

    name = "50/50"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        from storepulse.domain.errors import Rejected
        from storepulse.domain.experiments.planning import shares_of

        try:
            return value if isinstance(value, tuple) else shares_of(str(value))
        except Rejected as error:
            self.fail(f"{value!r} {error.reason}", param, ctx)
