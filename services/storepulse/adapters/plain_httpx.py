"""httpx without its command line, for which it would load pygments and rich.

Services must import httpx only from here.
"""

from __future__ import annotations

from storepulse.adapters.left_out import left_out

with left_out("pygments"):
    import httpx

__all__ = ["httpx"]
