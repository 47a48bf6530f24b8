"""A stack on one machine: the embedded Kafka and PostgreSQL, and the supervisor of `up`.

Servers are real ones, started as plain processes, never in a container engine. They listen on
loopback only. All data is below `Settings.home`. Only `cli` imports this package.
"""
