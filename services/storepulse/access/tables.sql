-- Keys and stores as services hold them in memory: what changed since they looked last.
--
-- Each row bears the transaction that changed it last, and `since` is the oldest transaction that
-- had not ended when they looked: what it wrote was not to be seen then.

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
  LEFT JOIN LATERAL (
       SELECT array_agg(from_day ORDER BY from_day) AS days, array_agg(zone ORDER BY from_day) AS zones
         FROM store_time_zones WHERE store_id = s.store_id) AS z ON true
 WHERE s.changed_in >= %(since)s::xid8;
