"""All settings, typed, each with a working default and a line of help: `Settings`.

They are read from variables named `STOREPULSE_<NAME>` and from the optional file in
`STOREPULSE_CONFIG_FILE` (same names, `NAME=value` lines). `KAFKA_BOOTSTRAP_SERVERS` and
`DATABASE_URL` have their customary names. An unknown variable with our prefix is an error at
startup, so that a misspelling does not silently select a default. The other modules hold the
settings by service.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import ConfigDict, SecretStr, ValidationError

from storepulse.adapters.settings.agents import AgentSettings
from storepulse.adapters.settings.delivery import DeliverySettings
from storepulse.adapters.settings.gateway import ClientLimitSettings, GatewaySettings
from storepulse.adapters.settings.keeping import KeepingSettings
from storepulse.adapters.settings.logs import LogSettings
from storepulse.adapters.settings.query import QuerySettings
from storepulse.adapters.settings.servers import LocalSettings, ServerSettings
from storepulse.adapters.settings.usage import UsageSettings
from storepulse.domain.addresses import Reach, is_loopback_host
from storepulse.domain.errors import Misconfigured

PREFIX = "STOREPULSE_"
#: Our variables that are read elsewhere: the source of settings, and those that only tests set.
NOT_SETTINGS = {PREFIX + name for name in ("CONFIG_FILE", "FAILPOINT_FILE", "CLOCK_FILE")}
STANDARD_NAMES = {
    "kafka_bootstrap_servers": "KAFKA_BOOTSTRAP_SERVERS",
    "database_url": "DATABASE_URL",
}


# In the order of the reference, which starts with the last base.
class Settings(
    LogSettings,
    QuerySettings,
    KeepingSettings,
    UsageSettings,
    DeliverySettings,
    AgentSettings,
    ClientLimitSettings,
    GatewaySettings,
    LocalSettings,
    ServerSettings,
):
    """The settings in force. Immutable; passed to everything that needs them."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    @property
    def delivery_reach(self) -> Reach:
        """The addresses that destinations may have.

        "auto" considers the addresses of all services: a process on its own machine or in its own
        container knows its own address, but not always the gateway's.
        """
        if self.delivery_addresses != "auto":
            return self.delivery_addresses
        hosts = (self.gateway_host, self.query_host, self.agent_metrics_host, self.delivery_host)
        return "loopback" if all(map(is_loopback_host, hosts)) else "public"

    @property
    def reached_gateway_url(self) -> str | None:
        """The gateway's URL for pages; None if it is not known."""
        if self.gateway_url:
            return self.gateway_url.rstrip("/")
        if not is_loopback_host(self.gateway_host):
            return None
        host = f"[{self.gateway_host}]" if ":" in self.gateway_host else self.gateway_host
        return f"http://{host}:{self.gateway_port}"

    @property
    def dsn(self) -> str:
        """The PostgreSQL connection string with its password: for psycopg only, never for a log."""
        return self.database_url.get_secret_value()


def variable_name(field: str) -> str:
    """The name of a setting's environment variable."""
    return STANDARD_NAMES.get(field, PREFIX + field.upper())


def load(environ: Mapping[str, str], kept: Mapping[str, str] | None = None) -> Settings:
    """Settings from `environ` over the configuration file over `kept` over the defaults.

    Raises Misconfigured with the variable's name for an unknown or malformed one.
    """
    values: dict[str, str] = dict(kept or {})
    file = environ.get(PREFIX + "CONFIG_FILE", "")
    if file:
        if not Path(file).is_file():
            raise Misconfigured(PREFIX + "CONFIG_FILE", f"no such file: {file}")
        values.update({k: v for k, v in dotenv_values(file).items() if v is not None})
    values.update(environ)

    names = {variable_name(field): field for field in Settings.model_fields}
    given: dict[str, Any] = {}
    for variable, value in values.items():
        if variable in names:
            if value != "":
                given[names[variable]] = value
        elif variable.startswith(PREFIX) and variable not in NOT_SETTINGS:
            raise Misconfigured(variable, "no such setting; `storepulse config` lists them all")
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise Misconfigured(variable_name(str(first["loc"][0])), first["msg"]) from None


def environment(settings: Settings) -> dict[str, str]:
    """The variables from which `load` returns `settings` again, for a child process."""
    result: dict[str, str] = {}
    for field in Settings.model_fields:
        value = getattr(settings, field)
        if value is None or value == Settings.model_fields[field].default:
            continue
        clear = value.get_secret_value() if isinstance(value, SecretStr) else value
        result[variable_name(field)] = str(clear)
    return result
