"""The client for shops' servers and bots: `Storepulse(url, key)`.

Events are queued in the caller's thread and sent by a thread of the client's own, so it works the
same for threads and for asyncio. It needs httpx and nothing else of ours; docs/python-client.md
says what it does when something goes wrong.
"""

from storepulse.client.problems import Problem
from storepulse.client.storepulse import ClientStats, Storepulse

__all__ = ["ClientStats", "Problem", "Storepulse"]
