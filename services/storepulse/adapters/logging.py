"""Structured logs: JSON lines, or readable ones on a terminal; never personal data or secrets.

Call sites log ids, counts and reasons. What they pass by mistake is guarded against: fields that
hold people's data and keys are dropped, and no value forges a line.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog

from storepulse.adapters.settings import Settings
from storepulse.domain.redaction import redacted_text

_NEVER = {
    "email",
    "customer_email",
    "name",
    "first_name",
    "last_name",
    "ip",
    "text",
    "key",
    "secret",
}


def configure(settings: Settings, service: str, **context: Any) -> None:
    """Sets up structlog and the standard library's logging for this process."""
    as_json = settings.log_format == "json" or (
        settings.log_format == "auto" and not sys.stderr.isatty()
    )
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _guard,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[settings.log_level]
        ),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level)
    for noisy in ("aiokafka", "faust", "mode", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(service=service, **context)


def logger() -> structlog.stdlib.BoundLogger:
    """The logger of the calling module."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger()
    return bound


#: The first characters of a key, as they are kept beside its hash: who did something.
_is_hint = re.compile(r"s[ps]k_[A-Za-z0-9_-]{4}…").fullmatch


def _mentions_key(text: str) -> bool:
    return ("spk_" in text or "ssk_" in text) and _is_hint(text) is None


def _guard(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Drops personal fields and keys that a call site passed by mistake; makes text safe for a
    terminal."""
    for name in _NEVER & event.keys():
        event[name] = "[not logged]"
    for name, value in event.items():
        if isinstance(value, str):
            if _mentions_key(value):
                event[name] = redacted_text(value)
            if not value.isprintable() and name != "exception":
                event[name] = event[name].encode("unicode_escape").decode()
    return event
