"""Planted bugs: each module breaks one thing and then runs the ordinary service entry.

`python -m tests.fault.planted.<bug> gateway|agents|query`. They prove the checker: a directed
campaign with the bug must show a difference, the same one without it must not.
"""
