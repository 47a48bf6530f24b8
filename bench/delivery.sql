-- Deliveries that wait, as the matcher makes them, and what becomes of them.

-- name: copy_deliveries
COPY deliveries (destination_id, store_id, event_id, received_at, stream, event_type, priority,
                 created_at, key, value, source_topic, source_topic_id, source_partition,
                 source_offset) FROM STDIN;

-- name: analyze
ANALYZE deliveries;

-- name: count_pending
SELECT count(*) FROM delivery_batches WHERE status = 'pending';

-- name: statuses
SELECT status, count(*) FROM deliveries GROUP BY status;
