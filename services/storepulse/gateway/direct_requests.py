"""Requests that are served directly: events that are posted, and public reads of tests."""

from __future__ import annotations

from storepulse.adapters.http.exchange import Exchange
from storepulse.gateway.collector import Collector
from storepulse.gateway.experiments.answering import ReadAnswers
from storepulse.gateway.experiments.paths import ReadEndpoint


class DirectRequests:
    """Passes each request to the handler of its endpoint. Raises nothing."""

    def __init__(self, collector: Collector, answers: ReadAnswers) -> None:
        self._collector = collector
        self._answers = answers

    def serve(self, exchange: Exchange) -> None:
        """Serve a request whose body is complete."""
        if type(exchange.endpoint) is ReadEndpoint:
            self._answers.serve(exchange)
        else:
            self._collector.serve(exchange)

    def refuse_unread(self, exchange: Exchange) -> bool:
        """Refuse a request that waits for "100 Continue" if its key is bad; whether it did."""
        is_read = type(exchange.endpoint) is ReadEndpoint
        return False if is_read else self._collector.refuse_unread(exchange)

    def refuse_size(self, exchange: Exchange) -> None:
        """Refuse a request whose body is over the limit."""
        self._collector.refuse_size(exchange)
