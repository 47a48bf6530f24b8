-- Deliveries and dead letters.

-- name: destinations
INSERT INTO destinations (destination_id, name, kind, status, config)
SELECT ('0d5f3c1e-8c9b-4d3a-9a52-00000000000' || n)::uuid, 'webhook-' || n, 'webhook', 'paused',
       '{"url": "https://receiver.example/"}'
  FROM generate_series(0, 4) AS n;

-- name: deliveries
-- Of every other visit one event, at one of the destinations.
INSERT INTO deliveries (destination_id, store_id, event_id, received_at, stream, event_type, priority,
       status, attempts, created_at, finished_at, key, value, source_topic, source_topic_id,
       source_partition, source_offset)
SELECT ('0d5f3c1e-8c9b-4d3a-9a52-00000000000' || n / 2 %% 5)::uuid, store_id, {event_id}, at, 'activity',
       'page_view', 1, CASE WHEN n %% 5000 = 0 THEN 'failed' ELSE 'sent' END, 1, at, at + interval '1 second',
       'key', decode(repeat('00', 200), 'hex'), 'events', 'bench', 0, n
  FROM {visits}
 CROSS JOIN LATERAL (SELECT n * 16 AS m, began AS at OFFSET 0) AS told
 WHERE n %% 2 = 0;

-- name: dead_letters
INSERT INTO dead_letters (stream, stage, status, reason, topic, topic_id, partition, "offset", store_id,
       received_at, value, code_version, created_at)
SELECT (ARRAY['activity', 'cart', 'heatmap'])[1 + n %% 3], 'agent',
       CASE WHEN n %% 4 = 0 THEN 'open' ELSE 'resolved' END, 'reason ' || n %% 12, 'dlq', 'bench', 0, n,
       store_id, began, decode(repeat('00', 300), 'hex'), 'bench', began
  FROM {visits} WHERE n %% 50 = 0;
