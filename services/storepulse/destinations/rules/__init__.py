"""Forwarding events to destinations: what is due, what an answer means, how requests are signed."""
