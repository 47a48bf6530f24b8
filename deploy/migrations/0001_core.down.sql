DROP FUNCTION text_hash(text);
DROP FUNCTION ensure_partitions(timestamptz);
DROP FUNCTION partition_bound(text, timestamptz);
DROP TABLE partitioned_tables, api_keys, stores;
