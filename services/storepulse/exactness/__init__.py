"""The proof that no event was lost or counted twice.

- `audit`: compares Kafka, the ledger and the tables, for `storepulse audit`
- `audit_log`: stored results of audits
- `snapshot`: reads PostgreSQL in one snapshot
- `partitions`: Kafka's bounds of each partition and the ledger's
- `findings`: finds differences, from values alone
- `recount`: recounts the ledger from the records in Kafka
- `record_counts`: counts these records
- `applied_copies`: finds the applied copy of an event with copies in several partitions
- `recounted_tables`: recounts the tables' rows from the same records
- `text_rules`: how texts of events are counted, by the product's own rules
- `model`: every figure in plain Python, for the recount and the tests
- `ingest_records`: reads these records without the agents' code
- `ledger_comparison`: the cheap part of the audit, for a metric
"""
