"""The answers for events that cannot be stored, in the form of the endpoint's contract."""

from __future__ import annotations

from storepulse.adapters.http.errors import RequestRefused
from storepulse.gateway.endpoints import Endpoint


def refusal_of_outage(endpoint: Endpoint, seconds: int) -> RequestRefused:
    """503: the events can be stored later. `seconds` is the retry delay."""
    if endpoint.cart_answer:
        message, code = "Database service unavailable", "DATABASE_UNAVAILABLE"
    else:
        message = "Events cannot be stored at the moment, try again"
        code = "STORAGE_UNAVAILABLE"
    return RequestRefused.unavailable(message, code, seconds)


def refusal_of_fault(endpoint: Endpoint) -> RequestRefused:
    """500: the events can never be stored, or a bug stopped them."""
    if endpoint.cart_answer:
        return RequestRefused(500, "Failed to track cart event", "DATABASE_ERROR")
    return RequestRefused(500, "The event could not be stored", "STORAGE_ERROR")
