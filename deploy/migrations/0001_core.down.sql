DROP TABLE dead_letters, event_ids, ledger_counts, ledger_gaps, ledger_partitions, api_keys, stores;
DROP FUNCTION ensure_partitions(timestamptz);
DROP FUNCTION partition_bound(text, timestamptz);
DROP TABLE partitioned_tables;
