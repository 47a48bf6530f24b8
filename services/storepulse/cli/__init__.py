"""The `storepulse` command line: one module for each command, imported only when it is used."""

from __future__ import annotations

import importlib
import sys

import click

from storepulse import __version__
from storepulse.cli.servers import message_of_server_away, one_line
from storepulse.domain.errors import Misconfigured, Rejected, Transient

#: command name -> one line of help; the module is `storepulse.cli.<name>`, its attribute `command`.
COMMANDS = {
    "up": "Start Kafka, PostgreSQL and all services",
    "down": "Stop what `up` started",
    "status": "Show what runs and whether it is healthy",
    "doctor": "Check each dependency and print the fix",
    "demo": "Send realistic traffic through the public HTTP API",
    "tail": "Follow events, decoded",
    "topics": "Create, list and describe topics",
    "migrate": "Move the database schema up or down",
    "schemas": "Check and list Avro schemas",
    "streams": "List the streams, and write the files of a new one",
    "stores": "Declare stores, change their settings, see who changed what",
    "keys": "Create, list, rotate and revoke keys",
    "experiments": "Plan A/B tests, run them, read their results",
    "plans": "Limit what a store may use in a month, and assign plans to stores",
    "destinations": "Declare where events are sent",
    "deliveries": "List deliveries, send them again, backfill",
    "webhooks": "Receive webhooks on this machine, and trigger one",
    "dlq": "List dead letters and replay them",
    "console": "Print a link that signs in to the console",
    "overlay": "Print a link that opens a page with its heatmap",
    "capture": "Take the picture of a page for its heatmap",
    "retention": "Remove finished deliveries and closed dead letters that are too old",
    "usage": "Show what stores used, and verify what they are billed",
    "audit": "Prove that no event was lost or counted twice",
    "config": "Print the settings in force",
    "openapi": "Print the OpenAPI document of a service",
    "gateway": "Run the gateway",
    "agents": "Run one agent worker",
    "delivery": "Run one delivery process",
    "query": "Run the query service",
}


class LazyGroup(click.Group):
    """Imports a command's module when it is used, which keeps `--help` fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"storepulse.cli.{cmd_name}")
        command = module.command
        assert isinstance(command, click.Command)  # noqa: S101 - a module without one is our bug
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def root() -> None:
    """A first-party event pipeline for shops.

    Example: storepulse up
    """


def main() -> None:
    """Entry point: turns our own errors into one line and an exit code.

    Exit codes: 0 success, 1 negative result, 2 wrong usage or settings, 3 a server is unavailable.
    """
    try:
        root()
    except Misconfigured as error:
        _say(one_line(error))
        sys.exit(2)
    except Rejected as error:
        _say(str(error))
        sys.exit(1)
    except Transient as error:
        _say(one_line(error))
        sys.exit(3)
    except Exception as error:
        message = message_of_server_away(error)
        if message is None:
            raise
        _say(message)
        sys.exit(3)


def _say(message: str) -> None:
    """Print the final message: as text for a command, as a log line for a service."""
    logging = sys.modules.get("storepulse.adapters.logging")
    if logging is not None and logging.is_configured():
        logging.logger().critical("service_failed", reason=message)
    else:
        click.echo(f"storepulse: {message}", err=True)
