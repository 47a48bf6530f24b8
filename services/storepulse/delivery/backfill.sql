-- Backfill: finds the staged events that a destination never got. matching.sql has the rest.

-- name: destination
SELECT destination_id::text, name, kind, store_id::text, streams, types, consent, include_bots, ordered
  FROM destinations WHERE destination_id = %(destination_id)s;

-- name: absent
SELECT place FROM stage_matched AS s
 WHERE NOT EXISTS (
           SELECT FROM deliveries d
            WHERE d.destination_id = %(destination_id)s AND d.store_id = s.store_id
              AND d.event_id = s.event_id AND d.received_at = s.received_at
              AND d.stream = %(stream)s)
 ORDER BY place;
