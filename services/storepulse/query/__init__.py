"""The query service: reads of what the agents stored, and the schema registry."""
