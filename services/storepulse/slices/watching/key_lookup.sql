-- Lookup of keys, for processes that may not read their table.

-- name: find
SELECT key_id, kind, key_hash, hint, store_id, scopes, origins, expires_at,
       (revoked_at IS NOT NULL OR coalesce(expires_at <= now(), false)) AS revoked
  FROM find_key(%(key_hash)s);
