-- Statements of the query service itself.

-- name: migrated
SELECT to_regclass('schema_migrations') IS NOT NULL AS migrated;

-- name: positions
SELECT consumer_group, topic, partition, applied FROM ledger_partitions
 WHERE consumer_group = ANY(%(groups)s) AND topic_id = ANY(%(topic_ids)s);

-- name: key
SELECT key_id, kind, key_hash, hint, store_id, scopes, origins, expires_at,
       revoked_at IS NOT NULL OR coalesce(expires_at <= now(), false) AS revoked
  FROM api_keys WHERE key_hash = %(key_hash)s;

-- name: key_by_id
SELECT key_id, kind, key_hash, hint, store_id, scopes, origins, expires_at,
       revoked_at IS NOT NULL OR coalesce(expires_at <= now(), false) AS revoked
  FROM api_keys WHERE key_id = %(key_id)s;
