"""Code for commands that run a service, whose whole output is a log."""

from __future__ import annotations

import os

from storepulse.adapters import logging
from storepulse.adapters.metrics import Process
from storepulse.adapters.settings import Settings, load


def settings_of_service(process: Process) -> Settings:
    """The settings of this process as a service, with its accounts if `up` created them.

    Files that the process writes afterwards are private to its user. Raises Misconfigured.
    """
    from storepulse.local.home_addresses import load_beside
    from storepulse.local.servers import connected

    os.umask(0o077)
    # Set up logging first, so that a wrong setting is also reported as a log line.
    logging.configure(load({}), process)
    settings = connected(load_beside(os.environ), process)
    logging.configure(settings, process)
    return settings
