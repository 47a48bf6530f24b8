"""Confluent's schema registry interface at the root: reads of `contracts.registry`.

Clients of Confluent and others read it unchanged. Writes get the interface's error for a read-only
registry. Registering an existing schema returns its id, because clients with automatic registration
do that before they write.
"""

from storepulse.query.registry import reads, schemas_in_bodies
from storepulse.query.registry.interface import answer_fault, answer_refusal, router

__all__ = ["answer_fault", "answer_refusal", "reads", "router", "schemas_in_bodies"]
