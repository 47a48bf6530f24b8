"""The proof that no event was lost or counted twice, and what it is made of.

- `audit`: Kafka, the ledger and the tables held together, as `storepulse audit` shows it
- `snapshot`: what PostgreSQL says, all of it at one moment
- `partitions`: Kafka's bounds of each partition beside the ledger's
- `findings`: what does not agree, from values alone
- `recount`: the ledger's counts made once more from the records in Kafka
- `record_counts`: what these records add up to
- `applied_copies`: which copy of an event was applied, where copies lie in several partitions
- `recounted_tables`: the tables' rows made once more from the same records
- `model`: every figure in plain Python, which both the recount and the tests hold them against
- `ingest_records`: those records, read without the agents' code
- `ledger_comparison`: the cheap part of the audit, for a metric
"""
