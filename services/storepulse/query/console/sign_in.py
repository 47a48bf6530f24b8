"""`/api/session`: signing in to the console with a key or a link, and signing out.

Rules: each sign-in creates a new session and ends the one whose cookie was sent, to prevent session
fixation. Only our own pages and programs may call. All failures get the same answer, and an address
has a few attempts per minute.
"""

from __future__ import annotations

import re
from time import monotonic
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from storepulse.access.console_sessions import (
    BegunSession,
    SignInDenied,
    end_session,
    sign_in_by_key,
    sign_in_by_link,
)
from storepulse.access.refusals import refusal_of
from storepulse.access.rules import signing_in as rules
from storepulse.adapters import metrics
from storepulse.adapters.clock import system_clock
from storepulse.adapters.http.errors import RequestRefused
from storepulse.adapters.logging import logger
from storepulse.adapters.postgres.sessions import Connection
from storepulse.adapters.settings import Settings
from storepulse.domain.clients import AddressRules, limited_as
from storepulse.domain.errors import Rejected
from storepulse.domain.ratelimit import MINUTE, RateWindow
from storepulse.query.app_state import writes
from storepulse.query.checked_route import CheckedRoute
from storepulse.query.errors import error_responses_of
from storepulse.query.session_ring import SessionRing
from storepulse.query.wire import Utc

router = APIRouter(
    route_class=CheckedRoute, tags=["console"], responses=error_responses_of(403, 503)
)
_LONGEST = 512
_is_token = re.compile(r"[A-Za-z0-9_-]{43}").fullmatch


class SignIn(BaseModel):
    """A secret key that may read, or the token after the `#` of a link: one of the two."""

    model_config = ConfigDict(extra="forbid", strict=True)

    key: str | None = Field(None, max_length=_LONGEST, description="A secret key: ssk_…")
    token: str | None = Field(None, max_length=_LONGEST, description="Of a link, for one use")


class SessionShown(BaseModel):
    """The new session."""

    ends_at: Utc = Field(description="Unless it is used before: then 12 hours after the last use")


class SessionAnswer(BaseModel):
    """Signed in: the answer sets the cookie."""

    status: Literal["success"] = "success"
    data: SessionShown


class SignInLimit:
    """The number of attempts per address. Successful ones are not counted."""

    def __init__(self, settings: Settings) -> None:
        self._is_enabled = settings.rate_limits_enabled
        self._window = RateWindow(settings.console_sign_ins_per_minute, MINUTE)
        self._rules = AddressRules.of(settings.trusted_proxies, settings.trust_forwarded)

    def take(self, request: Request) -> str:
        """Count an attempt. Returns the address's name. Raises RequestRefused 429."""
        client = self._client_of(request)
        if not self._is_enabled:
            return client
        decision = self._window.take(client, monotonic())
        if not decision.allowed:
            metrics.CONSOLE_SIGN_INS.labels("limited").inc()
            seconds = decision.reset_seconds
            message = f"Too many attempts to sign in, try again in {seconds} seconds"
            raise RequestRefused.rate_limited(message, seconds)
        return client

    def give_back(self, client: str) -> None:
        """Undo the count of an attempt that succeeded."""
        self._window.give_back(client)

    def _client_of(self, request: Request) -> str:
        peer = request.client.host if request.client else "127.0.0.1"
        headers = request.headers
        forwarded = ",".join(headers.getlist("x-forwarded-for"))
        return limited_as(self._rules.client(peer, forwarded, headers.get("x-real-ip", "")))


@router.post("/api/session", responses=error_responses_of(400, 401))
async def create_session(
    request: Request, response: Response, body: Annotated[SignIn, Body()]
) -> SessionAnswer:
    """Sign in: until it ends, the cookie of the answer grants what the key grants."""
    headers = request.scope["headers"]
    if rules.is_of_other_page("POST", dict(headers)):
        raise RequestRefused(403, "Only the console's own page signs in", "FORBIDDEN")
    if (body.key is None) == (body.token is None):
        raise Rejected("key", "or token is required, and only one of them")
    limit: SignInLimit = request.app.state.sign_in_limit
    client = limit.take(request)
    former = rules.session_token(headers)
    try:
        _check_form(body)
        session = await writes(request).run(lambda c: _sign_in(c, body, former))
    except SignInDenied as error:
        metrics.CONSOLE_SIGN_INS.labels("refused").inc()
        logger().info("console_sign_in_refused", code=error.denied.code)
        raise refusal_of(error.denied) from None
    limit.give_back(client)
    metrics.CONSOLE_SIGN_INS.labels("begun").inc()
    logger().info("console_signed_in", key=session.key.hint)
    if former:
        _sessions(request).forget(former)
    _set_cookie(request, response, session.token, int(rules.LONGEST.total_seconds()))
    return SessionAnswer(data=SessionShown(ends_at=session.ends_at))


@router.delete("/api/session", status_code=204)
async def end_own_session(request: Request, response: Response) -> None:
    """Sign out. Without a session, it has no effect."""
    headers = request.scope["headers"]
    token = rules.session_token(headers)
    if token is not None:
        if denied := rules.denial_of_page("DELETE", headers):
            raise refusal_of(denied)
        if token:
            await writes(request).run(lambda c: end_session(c, token))
            _sessions(request).forget(token)
    _set_cookie(request, response, "", 0)


def _check_form(body: SignIn) -> None:
    """Check what needs no look-up. Raises SignInDenied."""
    if body.token is not None and _is_token(body.token) is None:
        raise SignInDenied(rules.NOT_SIGNED_IN)
    if body.key is not None and body.key.strip().startswith("spk_"):
        raise SignInDenied(rules.PUBLISHABLE)


def _sign_in(connection: Connection, body: SignIn, former: str | None) -> BegunSession:
    """A new session that replaces the former one. Raises SignInDenied."""
    now = system_clock()
    if body.token is not None:
        session = sign_in_by_link(connection, body.token, now)
    else:
        session = sign_in_by_key(connection, (body.key or "").strip(), now)
    if former:
        end_session(connection, former)
    return session


def _set_cookie(request: Request, response: Response, value: str, seconds: int) -> None:
    is_secure = rules.is_secure(request.scope["headers"])
    response.set_cookie(
        rules.SECURE_COOKIE if is_secure else rules.COOKIE,
        value,
        max_age=seconds,
        path="/",
        secure=is_secure,
        httponly=True,
        samesite="strict",
    )
    response.headers["cache-control"] = "no-store"


def _sessions(request: Request) -> SessionRing:
    ring: SessionRing = request.app.state.sessions
    return ring
