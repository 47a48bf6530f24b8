"""Requests that fail, and names that resolve as a test says."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from storepulse.destinations.http.client import SafeClient
from storepulse.destinations.http.failures import RequestFailed

#: Long enough for a busy machine; what is meant to time out says so itself.
PATIENCE = 30.0


class Names:
    """A resolver with answers handed in: the n-th question gets the n-th one, then the last."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = answers
        self.asked: list[str] = []

    async def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        return self._answers[min(len(self.asked), len(self._answers)) - 1]


async def failure(client: SafeClient, url: str, **options: float) -> RequestFailed:
    with pytest.raises(RequestFailed) as failed:
        await client.request("POST", url, timeout=options.get("timeout", PATIENCE), content=b"{}")
    return failed.value
