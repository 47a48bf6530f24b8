"""What the load sends: one module a stream, named after it, each with its `MAKER`."""
