"""The agents: read `ingest.*` as slices, apply each slice once, publish `events.*`."""
