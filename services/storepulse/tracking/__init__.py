"""Tracking for landing pages that a Python program serves: see docs/landing-pages.md.

Constructors raise ValueError for an invalid setting. Injecting raises for no page and no value,
except TypeError if the page is not text.
"""

from storepulse.tracking.event_tracker import EventTracker
from storepulse.tracking.pixel import PixelInjector
from storepulse.tracking.tag_manager import TagManagerInjector

__all__ = ["EventTracker", "PixelInjector", "TagManagerInjector"]
