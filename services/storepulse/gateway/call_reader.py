"""Parse a request's head into a call: its ids, its key, and where it comes from."""

from __future__ import annotations

import os
from itertools import count
from urllib.parse import parse_qsl

from storepulse.access.key_table import KeyTable
from storepulse.access.keys import ApiKey
from storepulse.access.rules.loopback import is_local
from storepulse.access.rules.needs import key_of
from storepulse.adapters.country_database import CountryDatabase
from storepulse.adapters.http.errors import Header
from storepulse.adapters.settings import Settings
from storepulse.domain.clients import AddressRules, canonical_ip, country_code
from storepulse.domain.identity import is_correlation
from storepulse.gateway import origins
from storepulse.gateway.call import Call

_SENT_AT = b"sent_at="
#: Any query that concerns the call contains one of these; `%` may encode a letter.
_OF_CALLS = (b"key", b"debug", b"sent_at", b"%")


class CallReader:
    """Makes calls. Raises nothing: bad keys are found when they are checked."""

    def __init__(self, settings: Settings, keys: KeyTable) -> None:
        self._rules = AddressRules.of(settings.trusted_proxies, settings.trust_forwarded)
        self._keys = keys
        self._country_header = settings.country_header.lower().encode()
        path = settings.country_database
        self._country_database = CountryDatabase(path) if path is not None else None
        self._correlation_header = settings.correlation_header.lower().encode()
        self._prefix = os.urandom(4).hex()
        self._numbers = count(1)

    def read(
        self,
        pairs: list[Header],
        client: tuple[str, int] | None,
        query: bytes,
        *,
        collecting: bool = False,
    ) -> Call:
        """The call of a request.

        `collecting`: the path is a collection path, whose answers pages of other origins may read.
        """
        headers: dict[bytes, bytes] = dict(pairs)
        if len(headers) != len(pairs):
            _join_forwarded(headers, pairs)
        peer = client[0] if client else "127.0.0.1"
        if ":" in peer:
            peer = canonical_ip(peer) or peer
        connected = client[0] if client else None
        call = Call(pairs, headers, connected, f"{self._prefix}-{next(self._numbers):x}", peer)
        sent = headers.get(self._correlation_header)
        if sent is not None:
            text = sent.decode("latin-1")
            if is_correlation(text) is not None:
                call.sent_correlation = call.correlation = text
        if query:
            _read_query(call, query)
        if b"authorization" in headers or b"x-api-key" in headers:
            in_header = key_of(headers.get(b"x-api-key"), headers.get(b"authorization"))
            if in_header is not None:
                call.sent_key = in_header
        if call.sent_key:
            call.known_key = self._keys.find(call.sent_key)
        if collecting and b"origin" in headers:
            call.cors = origins.answer_lines(call.known_key, call.header_text(b"origin"))
        if b"x-forwarded-for" in headers or b"x-real-ip" in headers:
            self.take_stated_address(call, call.known_key)
        return call

    def take_stated_address(self, call: Call, key: ApiKey | None) -> None:
        """Take the visitor's address from the headers, as far as they are trusted."""
        headers = call.headers
        call.ip = self._rules.client(
            call.ip,
            headers.get(b"x-forwarded-for", b"").decode("latin-1"),
            headers.get(b"x-real-ip", b"").decode("latin-1"),
            secret=key is not None and key.kind == "secret" and not key.revoked,
        )

    def visitor_address(self, call: Call) -> str | None:
        """The visitor's address for the events of a checked call; None if it is unknown.

        With a secret key a server calls, and its own address is not the visitor's.
        """
        if call.api_key is None or call.api_key.kind != "secret":
            return call.ip
        forwarded, real = call.header_text(b"x-forwarded-for"), call.header_text(b"x-real-ip")
        return self._rules.stated_client(call.peer or "127.0.0.1", forwarded, real)

    def visitor_country(self, call: Call) -> str | None:
        """The country of a checked call's visitor; None if it is unknown.

        A trusted proxy's header comes first, then the database's entry for the address. With a
        secret key the proxy saw a shop's server, so only the stated address counts.
        """
        if self._country_header and (call.api_key is None or call.api_key.kind != "secret"):
            sent = call.headers.get(self._country_header)
            if sent is not None and self._rules.trusts(call.peer or "127.0.0.1"):
                country = country_code(sent.decode("latin-1"))
                if country is not None:
                    return country
        address = None if self._country_database is None else self.visitor_address(call)
        return self.country_of(address) if address else None

    def country_of(self, address: str) -> str | None:
        """The country of an address; None if the database does not know it."""
        return None if self._country_database is None else self._country_database.find(address)

    def is_local(self, call: Call, *, collecting: bool = False) -> bool:
        """Whether a call comes from this machine."""
        return is_local(call.peer, call.pairs, self._rules.trusted, collecting=collecting)


def _read_query(call: Call, query: bytes) -> None:
    """Read the query parameters that concern the call."""
    if query.startswith(_SENT_AT) and b"&" not in query and b"%" not in query:
        # Trackers send only this parameter, with each call.
        call.sent_at = query[len(_SENT_AT) :].decode("latin-1") or None
    # Most queries have none of these, and parsing costs as much as the rest of the head.
    elif any(name in query for name in _OF_CALLS):
        parameters = dict(parse_qsl(query.decode("latin-1")))
        call.sent_key = parameters.get("key")
        call.wants_debug = parameters.get("debug") == "1"
        call.sent_at = parameters.get("sent_at")


def _join_forwarded(headers: dict[bytes, bytes], pairs: list[Header]) -> None:
    """Join repeated X-Forwarded-For headers into one list, in the order of their lines."""
    lists = [value for name, value in pairs if name == b"x-forwarded-for"]
    if len(lists) > 1:
        headers[b"x-forwarded-for"] = b", ".join(lists)
