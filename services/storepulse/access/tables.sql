-- Keys, stores and their secrets for services that hold them in memory: changes since the last read.
--
-- Each row has the transaction that changed it last. `since` is the oldest transaction that was
-- running at the last read, whose changes were not visible then.

-- name: horizon
SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon;

-- name: keys
SELECT key_id, kind, key_hash, hint, store_id, scopes, origins, expires_at,
       {is_over} AS revoked
  FROM api_keys
 WHERE changed_in >= %(since)s::xid8;

-- name: stores
SELECT s.store_id::text, s.domain, s.settings::text AS settings,
       coalesce(z.days, '{}') AS days, coalesce(z.zones, '{}') AS zones
  FROM stores AS s
  {zones}
 WHERE s.changed_in >= %(since)s::xid8;

-- name: secrets
SELECT secret_id::text, store_id::text, kind, sealed, added_at, retired_at
  FROM store_secrets
 WHERE changed_in >= %(since)s::xid8;
