"""Confluent's schema registry interface at the root: reads of `contracts.registry`.

Confluent's own clients read it unchanged, and so do those of others. Writes answer with the
interface's code for a registry in read-only mode; registering a schema that is there already gives
its id, since clients that register on their own do so before they write.
"""

from storepulse.query.registry import reads, schemas_in_bodies
from storepulse.query.registry.interface import answer_fault, answer_refusal, router

__all__ = ["answer_fault", "answer_refusal", "reads", "router", "schemas_in_bodies"]
