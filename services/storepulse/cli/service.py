"""The commands that run a service: from here on, each word is a line of a log."""

from __future__ import annotations

import os

from storepulse.adapters import logging
from storepulse.adapters.metrics import Process
from storepulse.adapters.settings import Settings, load


def settings_of_service(process: Process) -> Settings:
    """The settings of the service that this process becomes. Raises Misconfigured."""
    # A setting that is wrong is told as a line, too.
    logging.configure(load({}), process)
    settings = load(os.environ)
    logging.configure(settings, process)
    return settings
