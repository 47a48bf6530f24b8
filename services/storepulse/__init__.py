"""Storepulse: a first-party event pipeline for shops."""

__version__ = "0.1.0"
