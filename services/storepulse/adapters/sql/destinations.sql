-- Where events go, as administrators declared it.

-- name: all
SELECT destination_id, name, kind, status, store_id, streams, types, consent, include_bots,
       config, secrets, ordered, batch_events, batch_seconds, max_in_flight, rate_per_second,
       retry_seconds, timeout_seconds
  FROM destinations
 ORDER BY name;
