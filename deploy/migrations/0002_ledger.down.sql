DELETE FROM partitioned_tables WHERE parent = 'event_ids';
DROP TABLE event_ids, ledger_counts, halted_partitions, ledger_gaps, ledger_partitions;
