"""Runs administrative work on the pool for writes, and turns its errors into answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from fastapi import Request

from storepulse.access.refusals import refusal_of
from storepulse.access.rules.administration import Conflict, NotAllowed, UnknownObject
from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.sessions import Connection
from storepulse.adapters.secret_box import SecretBox
from storepulse.domain.errors import Misconfigured
from storepulse.query.app_state import settings, writes

T = TypeVar("T")


async def administer(request: Request, work: Callable[[Connection], T]) -> T:
    """Run `work` and return its result. Raises RequestRefused 403, 404 or 409, Rejected,
    Transient."""
    try:
        return await writes(request).run(work)
    except NotAllowed as error:
        raise refusal_of(error.denied) from None
    except UnknownObject as error:
        raise RequestRefused(404, error.reason.capitalize(), "NOT_FOUND") from None
    except Conflict as error:
        raise RequestRefused(409, str(error).replace(":", "", 1), "CONFLICT") from None


def secret_box(request: Request) -> SecretBox:
    """The box that seals and signs with the installation's key. Raises RequestRefused 503."""
    try:
        return SecretBox.of(settings(request))
    except Misconfigured as error:
        logger().error("misconfigured", setting=error.setting, reason=error.reason)
        message = "The service is misconfigured; its log says how"
        raise RequestRefused(503, message, "MISCONFIGURED") from None
