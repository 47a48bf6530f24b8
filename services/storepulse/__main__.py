"""`python -m storepulse` is the command line."""

from storepulse.cli import main

main()
