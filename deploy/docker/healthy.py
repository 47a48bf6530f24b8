"""Health check of a container: `healthy.py URL` ends with 0 when URL answers 200.

The image has no curl, and needs none. Where a key is asked for, it is the home folder's.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from storepulse.local.health import ask

home = os.environ.get("STOREPULSE_HOME")
answer = ask(sys.argv[1], home=Path(home) if home else None)
sys.stdout.write(f"{answer.status} {answer.detail}\n")
sys.exit(0 if answer.serves else 1)
