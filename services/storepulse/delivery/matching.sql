-- Matching: inserts one row for each event and each destination that matches it.

-- name: stage
CREATE TEMP TABLE stage_matched (
    place int, store_id uuid, event_id uuid, received_at timestamptz, event_type text,
    priority smallint, ordering_key text, key bytea, value bytea, header_names text[],
    header_values bytea[], source_offset bigint
) ON COMMIT DELETE ROWS;

-- name: copy
COPY stage_matched (place, store_id, event_id, received_at, event_type, priority, ordering_key, key,
                    value, header_names, header_values, source_offset)
FROM STDIN (FORMAT binary);

-- name: destinations
-- The destinations' filters. A destination committed before the slice's transaction gets its events.
SELECT destination_id::text, name, kind, store_id::text, streams, types, consent, include_bots, ordered
  FROM destinations ORDER BY destination_id;

-- name: queue
-- Sequence numbers follow the order of the partition; an ordered destination is sent in that order.
-- An event that was published twice does not change its existing row.
INSERT INTO deliveries (destination_id, store_id, event_id, received_at, stream, event_type, priority,
       ordering_key, created_at, key, value, header_names, header_values, source_topic,
       source_topic_id, source_partition, source_offset)
SELECT %(destination_id)s, store_id, event_id, received_at, %(stream)s, event_type,
       CASE WHEN %(ordered)s THEN 1 ELSE priority END,
       CASE WHEN %(ordered)s THEN ordering_key END,
       %(now)s, key, value, header_names, header_values, %(topic)s, %(topic_id)s, %(partition)s,
       source_offset
  FROM stage_matched
 WHERE %(places)s::int[] IS NULL OR place = ANY(%(places)s::int[])
 ORDER BY place
ON CONFLICT DO NOTHING;
