"""Everything on one machine: the embedded Kafka and PostgreSQL, and the supervisor of `up`.

Rules: real servers started as plain processes, never a container engine; loopback only; all
data below `Settings.home`; no other part of Storepulse imports this package but `cli`.
"""
