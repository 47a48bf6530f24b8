"""Health check of a container: `healthy.py URL` ends with 0 when URL answers 200.

The image has no curl, and needs none.
"""

from __future__ import annotations

import sys

from storepulse.local.health import ask

answer = ask(sys.argv[1])
sys.stdout.write(answer.detail + "\n")
sys.exit(0 if answer.well else 1)
