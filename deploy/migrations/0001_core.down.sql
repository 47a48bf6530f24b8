DROP FUNCTION text_hash(text);
DROP FUNCTION drop_partition(text);
DROP FUNCTION ensure_partitions(timestamptz);
DROP FUNCTION partition_bound(text, timestamptz);
DROP FUNCTION find_key(bytea);
DROP FUNCTION store_day(uuid, timestamptz);
DROP TABLE partitioned_tables, admin_audit, api_keys, store_time_zones, stores;
DROP FUNCTION note_change();
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
REVOKE ALL ON schema_migrations FROM storepulse_query, storepulse_operator;
REVOKE ALL ON SCHEMA public
  FROM storepulse_gateway, storepulse_agents, storepulse_delivery, storepulse_query, storepulse_operator;
GRANT USAGE ON SCHEMA public TO PUBLIC;
