"""The addresses of a home's stack: written by its `up`, read by commands beside it.

Owns `<home>/addresses.env`: `NAME=value` lines, without passwords. It is kept when the stack ends,
so that a command never uses another installation's default ports. The environment and the
configuration file override it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

from storepulse.adapters.settings import Settings, load, variable_name
from storepulse.domain.addresses import without_password
from storepulse.local.closed_files import write_closed

#: Settings with addresses of the stack.
KEPT = (
    "gateway_host", "gateway_port", "query_host", "query_port", "agent_metrics_host",
    "agent_metrics_port", "agent_workers", "delivery_host", "delivery_port", "delivery_workers",
    "kafka_port", "postgres_port", "topic_prefix",
)  # fmt: skip
#: Kept too if `up` was given external servers.
KEPT_IF_GIVEN = ("kafka_bootstrap_servers", "kafka_security_protocol", "database_url")


def keep(settings: Settings) -> None:
    """Write the addresses of the stack that starts with these settings."""
    values = {name: str(getattr(settings, name)) for name in KEPT}
    for name in KEPT_IF_GIVEN:
        if name in settings.model_fields_set:
            values[name] = str(getattr(settings, name))
    if "database_url" in values:
        values["database_url"] = without_password(settings.dsn)
    lines = [f"{variable_name(name)}='{value}'\n" for name, value in values.items()]
    write_closed(_path(settings.home), "".join(lines))


def kept_in(home: Path) -> dict[str, str]:
    """The stored variables and values; empty if no `up` has run in `home`."""
    path = _path(home)
    if not path.is_file():
        return {}
    values = {variable_name(name) for name in (*KEPT, *KEPT_IF_GIVEN)}
    return {k: v for k, v in dotenv_values(path).items() if k in values and v is not None}


def load_beside(environ: Mapping[str, str]) -> Settings:
    """The settings for a command beside its home's stack. Raises Misconfigured."""
    given = load(environ)
    kept = kept_in(given.home)
    return load(environ, kept) if kept else given


def sources_of(environ: Mapping[str, str]) -> dict[str, str]:
    """The source of each variable that is set: environment, file or home. Others are defaults."""
    given = load(environ)
    kept = kept_in(given.home)
    variables = map(variable_name, given.model_fields_set)
    sources = dict.fromkeys(kept, "home")
    return sources | {v: "environment" if environ.get(v) else "file" for v in variables}


def _path(home: Path) -> Path:
    return home / "addresses.env"
