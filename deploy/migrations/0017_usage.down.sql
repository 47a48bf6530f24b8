DROP VIEW usage_unmetered;
DROP TABLE usage_outbox, unmetered_orders;
DROP INDEX ledger_counts_unmetered;
ALTER TABLE ledger_counts DROP COLUMN unmetered_events, DROP COLUMN unmetered_bytes;
DROP TABLE usage_lines, usage_statements, usage_current, usage_hourly, usage_events, usage_stores;
DELETE FROM partitioned_tables WHERE parent = 'usage_events';
