"""How the demo plays each stream: one module a stream, named after it, each with its `PART`."""
