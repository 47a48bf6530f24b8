-- What a recount asks PostgreSQL beyond the audit's snapshot.

-- name: rows_of_events
-- Each event has one row at most, which no slice changes.
SELECT stored.store_id::text, stored.event_id::text, to_jsonb(stored)
  FROM unnest(%(store_ids)s::uuid[], %(event_ids)s::uuid[]) AS asked (store_id, event_id)
  JOIN {rows} AS stored USING (store_id, event_id);
