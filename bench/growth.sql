-- Ids as if the given number of events had come in over the last days.

-- name: days
SELECT ensure_partitions(now() - days * interval '1 day') FROM generate_series(0, 6, 3) AS days;

-- name: fill
-- A part of `size` ids of the six days that end at `before` (ms), in the order of their times.
INSERT INTO event_ids (event_id, store_id, content_crc, stream_number)
SELECT (lpad(to_hex(%(before)s::bigint - ((%(size)s::bigint - n) * 518400000 / %(size)s::bigint)),
             12, '0')
        || '7' || substr(digest, 1, 3) || 'a' || substr(digest, 4, 15))::uuid,
       ('6f1f3c1e-8c9b-5d3a-9a52-' || lpad(to_hex(n %% 10), 12, '0'))::uuid, 0, 2
  FROM generate_series(%(lower)s::bigint, %(upper)s::bigint) AS n, md5(n::text) AS digest;

-- name: vacuum
VACUUM (ANALYZE) event_ids;
