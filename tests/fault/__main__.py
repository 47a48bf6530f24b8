"""`python -m tests.fault --seed N --minutes M --kills K [--plant BUG]`: one campaign by hand.

Ends with 0 when everything was exact, with 1 and the differences when not. The same seed draws the
same faults in the same order; FAULT_KEEP=folder keeps the services' logs.
"""

from __future__ import annotations

import argparse
import random
import sys

from tests.fault import campaign
from tests.fault.stack import breakable_servers

from storepulse.local.servers import temporary_home


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fault", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--kills", type=int, help="stop after so many, if that comes first")
    parser.add_argument("--plant", help="a module of tests/fault/planted")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--gateways", type=int, default=2)
    parser.add_argument("--rate", type=float, default=150, help="events a second")
    parser.add_argument("--only", help="comma-separated names of faults")
    chosen = parser.parse_args()
    names = chosen.only.split(",") if chosen.only else [f.__name__ for f in campaign.ALL]
    with breakable_servers(temporary_home(), links=True) as servers:
        report = campaign.run(
            servers,
            chosen.seed,
            seconds=chosen.minutes * 60,
            kills=chosen.kills,
            faults=tuple(f for f in campaign.ALL if f.__name__ in names),
            plant=chosen.plant,
            gateways=chosen.gateways,
            workers=chosen.workers,
            events_per_second=chosen.rate,
        )
    return 1 if report.differences else 0


if __name__ == "__main__":
    sys.exit(main())
