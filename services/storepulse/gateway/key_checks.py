"""Decide which calls may pass, by keys, scopes and origins.

The requirements of paths are in `access.rules`.
"""

from __future__ import annotations

from storepulse.access.key_table import KeyTable
from storepulse.access.keys import ApiKey
from storepulse.access.refusals import keys_unavailable_refusal, refusal_of
from storepulse.access.rules.needs import (
    COLLECT,
    Denied,
    Need,
    denial_of,
    denial_without_key,
    wants_key,
)
from storepulse.adapters.http.errors import Header, RequestRefused
from storepulse.adapters.settings import Settings
from storepulse.domain.addresses import is_loopback_host
from storepulse.gateway import origins
from storepulse.gateway.call import Call
from storepulse.gateway.call_reader import CallReader
from storepulse.gateway.rate_limits import RateLimits


class KeyChecks:
    """Checks the keys of calls. Raises RequestRefused."""

    def __init__(
        self, settings: Settings, keys: KeyTable, reader: CallReader, limits: RateLimits
    ) -> None:
        self._keys = keys
        self._reader = reader
        self._limits = limits
        self._setting = settings.gateway_require_key
        #: Whether some calls cannot be served until keys are loaded.
        self._is_key_required = (
            not is_loopback_host(settings.gateway_host) if self._setting is None else self._setting
        )

    @property
    def unready_reason(self) -> str:
        """Why no call can be authorised yet; "" if calls can be."""
        if self._is_key_required and not self._keys.is_loaded:
            return "API keys are not known yet"
        return ""

    def has_known_key(self, call: Call) -> bool:
        """Whether the call's key is known and not revoked; a key in the body counts once it is
        read."""
        key = call.api_key or call.known_key
        return key is not None and not key.revoked

    def check_own_path(self, call: Call, need: Need) -> None:
        """Check a call to one of the gateway's own paths. Raises RequestRefused 401, 403 or 503."""
        if wants_key(need, self._setting, local=self._reader.is_local(call)):
            self._keys.check(need, call.key_in_header)

    def check_before_passing(self, call: Call, need: Need) -> None:
        """Refuse what the query service would refuse. Raises RequestRefused 401 or 403.

        A key that is unknown here may be new: the query service decides.
        """
        if need.opened != "never":
            return
        sent_key = call.key_in_header
        if sent_key is None:
            raise refusal_of(denial_without_key(need))
        key = self._keys.find(sent_key)
        if key is not None and (denied := denial_of(need, key)) is not None:
            raise refusal_of(denied)

    def preflight_headers(self, call: Call, method: str) -> tuple[Header, ...]:
        """The headers that answer a preflight for `method`. Raises RequestRefused 403."""
        origin = call.headers.get(b"origin", b"")
        headers = origins.preflight_headers(call.known_key, origin, method)
        if headers is None:
            raise _origin_refusal()
        return headers

    def authorise(self, call: Call, body_key: str | None, scope: str, need: Need = COLLECT) -> None:
        """Find and check the key of a call on a collection path. `need` is the path's.

        Raises RequestRefused 401, 403, 429 or 503.
        """
        sent_key = call.sent_key or body_key
        if not sent_key:
            local = self._setting is None and self._reader.is_local(call, collecting=True)
            if wants_key(need, self._setting, local=local):
                raise RequestRefused(401, "An API key is required", "KEY_REQUIRED")
            return
        known = call.known_key if call.sent_key else self._keys.find(sent_key)
        call.api_key = key = self._check_allowed(call, known, scope)
        if not call.sent_key and call.states_address:
            self._reader.take_stated_address(call, key)
        self._limits.count_key(call, key)

    def check_sent_key(self, call: Call, scope: str) -> None:
        """Check the key in a call's head, before its body. Raises RequestRefused 401, 403, 503."""
        if call.sent_key:
            self._check_allowed(call, call.known_key, scope)

    def publishable_key(self, sent_key: str) -> ApiKey | None:
        """The valid publishable key with this text, or None.

        Raises RequestRefused 503 while keys are not loaded.
        """
        if not self._keys.is_loaded:
            raise keys_unavailable_refusal()
        key = self._keys.find(sent_key)
        is_good = key is not None and key.kind == "publishable" and not key.revoked
        return key if is_good else None

    def api_token_of(self, call: Call) -> ApiKey:
        """The secret key that a server sends instead of a signature.

        Raises RequestRefused 401, 403 or 503.
        """
        key = call.known_key
        if key is None and not self._keys.is_loaded:
            raise keys_unavailable_refusal()
        if key is None or key.revoked:
            message = "The API token is unknown, revoked or expired"
            raise refusal_of(Denied(401, "INVALID_API_TOKEN", message))
        if key.kind != "secret" or not key.allows("ingest"):
            message = "The API token is not a secret key with scope ingest"
            raise RequestRefused(403, message, "SCOPE_MISSING")
        return key

    def _check_allowed(self, call: Call, known: ApiKey | None, scope: str) -> ApiKey:
        """Check a key and the call's origin; let pages of an allowed origin read the answer."""
        key = self._check_valid(known, scope)
        if key.origins and b"origin" in call.headers:
            origin = call.header_text(b"origin")
            call.cors = origins.answer_lines(key, origin)
            if not origins.allows(key, origin):
                raise _origin_refusal()
        return key

    def _check_valid(self, key: ApiKey | None, scope: str) -> ApiKey:
        if key is None:
            if not self._keys.is_loaded:
                raise keys_unavailable_refusal()
            raise RequestRefused(401, "The API key is not known", "INVALID_KEY")
        if key.revoked:
            raise RequestRefused(401, "The API key is revoked or expired", "REVOKED_KEY")
        if not key.allows(scope):
            raise RequestRefused(403, f"The API key has no scope {scope}", "SCOPE_MISSING")
        return key


def _origin_refusal() -> RequestRefused:
    return RequestRefused(403, "The origin is not allowed for this key", "ORIGIN_NOT_ALLOWED")
