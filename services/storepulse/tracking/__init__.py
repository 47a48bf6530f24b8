"""Tracking for landing pages that a Python program serves: see docs/landing-pages.md.

Constructors raise ValueError for a setting that cannot be right. What puts scripts into a page
raises for no page and no value: only a page that is no text is a TypeError.
"""

from storepulse.tracking.event_tracker import EventTracker
from storepulse.tracking.pixel import PixelInjector
from storepulse.tracking.tag_manager import TagManagerInjector

__all__ = ["EventTracker", "PixelInjector", "TagManagerInjector"]
