"""structlog without rich, which it would load for tracebacks that we never ask it for.

Rules: structlog is imported from here alone. Each process starts a sixth of a second sooner; who
draws tables and bars imports rich as ever.
"""

from __future__ import annotations

from storepulse.adapters.left_out import left_out

with left_out("rich"):
    import structlog

__all__ = ["structlog"]
