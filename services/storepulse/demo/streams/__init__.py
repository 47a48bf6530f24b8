"""The demo's streams: one module for each stream, named after it, with its `PART`."""
