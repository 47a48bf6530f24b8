-- Stores and their settings.

-- fragment: columns
s.store_id, s.domain, s.name, s.settings::text AS settings, s.created_at, s.created_by,
       s.updated_at, coalesce(z.days, '{}') AS days, coalesce(z.zones, '{}') AS zones

-- name: page
SELECT {columns}
  FROM stores AS s
  {zones}
 WHERE (%(store_id)s::uuid IS NULL OR s.store_id = %(store_id)s::uuid)
   AND (%(domain)s::text IS NULL OR s.domain = %(domain)s::text)
   AND (%(before)s::timestamptz IS NULL
        OR (s.created_at, s.store_id) < (%(before)s::timestamptz, %(before_id)s::uuid))
 ORDER BY s.created_at DESC, s.store_id DESC
 LIMIT %(count)s;

-- name: store
SELECT {columns} FROM stores AS s {zones} WHERE s.store_id = %(store_id)s;

-- name: id_of_domain
SELECT store_id FROM stores WHERE domain = %(domain)s;

-- name: lock
SELECT 1 FROM stores WHERE store_id = %(store_id)s FOR UPDATE;

-- name: insert
INSERT INTO stores (store_id, domain, name, settings, created_by)
VALUES (%(store_id)s, %(domain)s, %(name)s, %(settings)s, %(created_by)s)
ON CONFLICT (store_id) DO NOTHING;

-- name: update
UPDATE stores SET domain = %(domain)s, name = %(name)s, settings = %(settings)s, updated_at = now()
 WHERE store_id = %(store_id)s;

-- name: lock_zones
-- slices/ledger.sql holds this lock until a slice is stored. While a transaction waits for it or
-- holds it, slices must wait; the timeouts keep that short even if the client hangs.
SET LOCAL lock_timeout TO '3s';
SET LOCAL idle_in_transaction_session_timeout TO '3s';
SELECT pg_advisory_xact_lock(hashtext('storepulse.time_zones'));

-- name: has_events
WITH RECURSIVE streams AS (
    SELECT min(stream) AS stream FROM ledger_counts
     UNION ALL
    SELECT (SELECT min(c.stream) FROM ledger_counts AS c WHERE c.stream > s.stream)
      FROM streams AS s WHERE s.stream IS NOT NULL
)
SELECT EXISTS (
           SELECT FROM streams AS s
            CROSS JOIN LATERAL (
                  SELECT FROM ledger_counts AS c
                   WHERE c.stream = s.stream AND c.store_id = %(store_id)s LIMIT 1) AS counted
       ) AS has_events;

-- name: latest_event
-- Uses the index on store and time of a stream's rows.
SELECT max(occurred_at) FROM {rows} WHERE store_id = %(store_id)s AND occurred_at > %(now)s;

-- name: end_zones
-- Changes of zone that have not begun.
DELETE FROM store_time_zones WHERE store_id = %(store_id)s AND from_day >= %(from_day)s;

-- name: add_zone
INSERT INTO store_time_zones (store_id, from_day, zone)
VALUES (%(store_id)s, %(from_day)s, %(zone)s);
