DROP FUNCTION text_hash(text);
DROP FUNCTION ensure_partitions(timestamptz);
DROP FUNCTION partition_bound(text, timestamptz);
DROP TABLE partitioned_tables, admin_audit, api_keys, store_time_zones, stores;
DROP FUNCTION note_change();
