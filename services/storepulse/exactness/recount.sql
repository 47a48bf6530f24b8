-- Statements of a recount, in addition to the audit's snapshot.

-- name: rows_of_events
-- Each event has at most one row, which slices never change.
SELECT stored.store_id::text, stored.event_id::text, to_jsonb(stored)
  FROM unnest(%(store_ids)s::uuid[], %(event_ids)s::uuid[]) AS asked (store_id, event_id)
  JOIN {rows} AS stored USING (store_id, event_id);
