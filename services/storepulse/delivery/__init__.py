"""The delivery agent: matches events with destinations, queues them in PostgreSQL, sends them."""
