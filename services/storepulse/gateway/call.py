"""One request as the gateway sees it: who calls, with which key, under which ids."""

from __future__ import annotations

from storepulse.access.keys import ApiKey
from storepulse.access.rules.needs import key_of
from storepulse.adapters.http.errors import Header
from storepulse.domain.ratelimit import Decision


class Call:
    """One request. `headers` holds the last of repeated headers, X-Forwarded-For all of them;
    `pairs` has them as they came, `peer` is who holds the other end of the connection, `cors` the
    header lines for a page of another origin. `sent_key` is the key as it came, `known_key` the one
    of ours that it is, valid or not, `api_key` the one that was checked. `plan_warning`: the header
    line of a store that has reached a limit of its plan. `retry_seconds`: when events that a limit
    stopped may come again, 0 where none was stopped. `sent_at`: what the address says of when the
    body was sent. `excess`: the decision of the limit that the call is over, unless its body shows
    a key that has a wider one. `visitor_id`: whose the events are, where they stated somebody else;
    `cookie_line`: the header line that sets or ends the visitor's cookie.
    """

    __slots__ = (
        "api_key",
        "cookie_line",
        "correlation",
        "cors",
        "decision",
        "excess",
        "headers",
        "ip",
        "known_key",
        "pairs",
        "peer",
        "plan_warning",
        "request_id",
        "retry_seconds",
        "sent_at",
        "sent_correlation",
        "sent_key",
        "visitor_id",
        "wants_debug",
    )

    def __init__(
        self,
        pairs: list[Header],
        headers: dict[bytes, bytes],
        peer: str | None,
        request_id: str,
        ip: str,
    ) -> None:
        self.pairs = pairs
        self.headers = headers
        self.peer = peer
        self.request_id = request_id
        self.ip = ip
        self.sent_correlation: str | None = None
        self.correlation = request_id
        self.decision: Decision | None = None
        self.sent_key: str | None = None
        self.known_key: ApiKey | None = None
        self.api_key: ApiKey | None = None
        self.wants_debug = False
        self.sent_at: str | None = None
        self.excess: Decision | None = None
        self.visitor_id = ""
        self.cookie_line = b""
        self.cors = ""
        self.plan_warning = ""
        self.retry_seconds = 0

    def header_text(self, header: bytes) -> str:
        """A header as text, "" where it is absent."""
        value = self.headers.get(header)
        return "" if value is None else value.decode("latin-1")

    @property
    def user_agent(self) -> str | None:
        """The user agent, read as UTF-8, else as Latin-1; None where it is absent."""
        value = self.headers.get(b"user-agent")
        if not value:
            return None
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value.decode("latin-1")

    def answer_lines(self, length: int) -> bytes:
        """The header lines that every JSON answer carries, each with its line end."""
        # Text until the end: formatting bytes costs more.
        lines = (
            f"content-type: application/json\r\ncontent-length: {length}\r\n"
            f"x-request-id: {self.request_id}\r\nx-correlation-id: {self.correlation}\r\n"
        )
        decision = self.decision
        if decision is not None:
            lines += (
                f"ratelimit-limit: {decision.limit}\r\nratelimit-remaining: {decision.remaining}"
                f"\r\nratelimit-reset: {decision.reset_seconds}\r\n"
            )
        if self.cors:
            lines += self.cors
        if self.plan_warning:
            lines += self.plan_warning
        return lines.encode("latin-1")

    def answer_headers(self, length: int) -> list[Header]:
        """The same as pairs, for ASGI."""
        pairs = (line.split(b": ", 1) for line in self.answer_lines(length).split(b"\r\n")[:-1])
        return [(name, value) for name, value in pairs]

    @property
    def key_in_header(self) -> str | None:
        """The key of a call that sends no events: reads take none from the address."""
        return key_of(self.headers.get(b"x-api-key"), self.headers.get(b"authorization"))

    @property
    def is_trusted(self) -> bool:
        """Whether a secret key was checked, or what counts as one: a server calls."""
        return self.api_key is not None and self.api_key.kind == "secret"

    @property
    def states_address(self) -> bool:
        """Whether headers say which client was forwarded."""
        return b"x-forwarded-for" in self.headers or b"x-real-ip" in self.headers
