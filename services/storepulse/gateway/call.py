"""One request as the gateway sees it: who calls, with which key, under which ids."""

from __future__ import annotations

from storepulse.access.keys import ApiKey
from storepulse.access.rules.needs import key_of
from storepulse.adapters.http.errors import Header
from storepulse.domain.ratelimit import Decision


class Call:
    """One request.

    `headers` holds the last of repeated headers, but all of X-Forwarded-For; `pairs` has all as
    they came. `peer` is the other end of the connection, `cors` the header lines for a page of
    another origin. `sent_key` is the key as it was sent, `known_key` the stored key it matches,
    valid or not, and `api_key` the key after its check. `plan_warning`: the header line for a store
    that has reached a limit of its plan. `retry_seconds`: when events that a limit stopped may be
    sent again, 0 if none was stopped. `sent_at`: when the body was sent, according to the query.
    `excess`: the decision of the exceeded limit, until the body shows a key with a wider one.
    `visitor_id`: the visitor that the events were assigned to, if they stated another;
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
        """A header as text; "" if it is absent."""
        value = self.headers.get(header)
        return "" if value is None else value.decode("latin-1")

    @property
    def user_agent(self) -> str | None:
        """The user agent, decoded as UTF-8, else as Latin-1; None if it is absent."""
        value = self.headers.get(b"user-agent")
        if not value:
            return None
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value.decode("latin-1")

    def answer_lines(self, length: int) -> bytes:
        """The header lines of every JSON answer, each with its line end."""
        # Encoded only at the end, because formatting bytes is slower.
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
        """The same headers as pairs, for ASGI."""
        pairs = (line.split(b": ", 1) for line in self.answer_lines(length).split(b"\r\n")[:-1])
        return [(name, value) for name, value in pairs]

    @property
    def key_in_header(self) -> str | None:
        """The key of a call that is not for collection: reads take no key from the query."""
        return key_of(self.headers.get(b"x-api-key"), self.headers.get(b"authorization"))

    @property
    def is_trusted(self) -> bool:
        """Whether the checked key is a secret one, or a signature that counts as one."""
        return self.api_key is not None and self.api_key.kind == "secret"

    @property
    def states_address(self) -> bool:
        """Whether headers state the forwarded client's address."""
        return b"x-forwarded-for" in self.headers or b"x-real-ip" in self.headers
