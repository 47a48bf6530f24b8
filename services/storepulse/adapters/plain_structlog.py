"""structlog without rich, which it would load for tracebacks that we do not use.

structlog must be imported only from here. That saves a sixth of a second at each process's start;
modules that draw tables and bars can still import rich.
"""

from __future__ import annotations

from storepulse.adapters.left_out import left_out

with left_out("rich"):
    import structlog

__all__ = ["structlog"]
