"""The commands that run a service: from here on, each word is a line of a log."""

from __future__ import annotations

import os

from storepulse.adapters import logging
from storepulse.adapters.metrics import Process
from storepulse.adapters.settings import Settings, load


def settings_of_service(process: Process) -> Settings:
    """The settings with which this process is a service: with its accounts where `up` made some.

    What the process writes from here on is closed to other accounts of the machine. Raises
    Misconfigured.
    """
    from storepulse.local.home_addresses import load_beside
    from storepulse.local.servers import connected

    os.umask(0o077)
    # A setting that is wrong is told as a line, too.
    logging.configure(load({}), process)
    settings = connected(load_beside(os.environ), process)
    logging.configure(settings, process)
    return settings
