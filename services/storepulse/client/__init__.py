"""The client for shops' servers and bots: `Storepulse(url, key)`.

Events are queued in the caller's thread and sent by the client's own thread, so it works with
threads and with asyncio. Its only dependency is httpx; docs/python-client.md describes its
behaviour on errors.
"""

from storepulse.client.problems import Problem
from storepulse.client.storepulse import ClientStats, Storepulse

__all__ = ["ClientStats", "Problem", "Storepulse"]
