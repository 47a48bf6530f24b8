"""Structured logs: JSON lines, or readable ones on a terminal; never personal data or secrets.

Call sites log ids, counts and reasons. As a safeguard, fields with personal data and keys are
dropped, and no value can forge a line. Lines that repeat are counted (`log_repeats`). All output of
a service has this form: libraries' lines, warnings, uncaught errors.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from typing import Any

from storepulse.adapters.log_repeats import RepeatFilter, Repeats
from storepulse.adapters.plain_structlog import structlog
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


_repeats = Repeats()
begin_outage = _repeats.begin_outage
end_outage = _repeats.end_outage

#: Fields of every line of this process.
_process: dict[str, Any] = {}


def configure(settings: Settings, service: str, **context: Any) -> None:
    """Set up structlog and the standard library's logging for this process.

    Warnings and uncaught errors become lines too, in every thread.
    """
    _repeats.forget()
    _process.clear()
    _process.update(service=service, **context)
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
        _add_process,
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
    foreign: list[Any] = [_add_repeated]
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(RepeatFilter(_repeats))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *foreign, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level)
    for noisy in ("aiokafka", "faust", "mode", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    _log_what_nobody_catches()


def is_configured() -> bool:
    """Whether this process is a service, which logs its last error as a line."""
    return bool(_process)


def _log_what_nobody_catches() -> None:
    """Log what Python itself would write to standard error."""
    logging.captureWarnings(True)
    #: A line that cannot be formatted is dropped; its traceback would not be a structured line.
    logging.raiseExceptions = False
    log = logger()

    def uncaught(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        if issubclass(kind, KeyboardInterrupt):
            log.info("interrupted")
            return
        log.critical("uncaught_error", exc_info=(kind, error, trace))

    def in_thread(told: threading.ExceptHookArgs) -> None:
        error = told.exc_value
        name = told.thread.name if told.thread else ""
        log.critical("uncaught_error", thread=name, exc_info=error)

    def unraisable(told: Any) -> None:
        log.error("unraisable_error", where=repr(told.object), exc_info=told.exc_value)

    sys.excepthook = uncaught
    threading.excepthook = in_thread
    sys.unraisablehook = unraisable


def _add_process(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    for name, value in _process.items():
        event.setdefault(name, value)
    return event


def _add_repeated(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Add to a library's line how many like it were suppressed."""
    repeated = getattr(event.get("_record"), "repeated", 0)
    if repeated:
        event["repeated"] = repeated
    return event


def logger() -> structlog.stdlib.BoundLogger:
    """The logger of the calling module."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger()
    return bound


#: The first characters of a key, as kept beside its hash to show who did something.
_is_hint = re.compile(r"s[ps]k_[A-Za-z0-9_-]{4}…").fullmatch


def _mentions_key(text: str) -> bool:
    return ("spk_" in text or "ssk_" in text) and _is_hint(text) is None


def _guard(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Drop personal fields and keys that a call site passed by mistake, and escape unprintable
    text."""
    for name in _NEVER & event.keys():
        event[name] = "[not logged]"
    for name, value in event.items():
        if isinstance(value, str):
            if _mentions_key(value):
                event[name] = redacted_text(value)
            if not value.isprintable() and name != "exception":
                event[name] = event[name].encode("unicode_escape").decode()
    return event
