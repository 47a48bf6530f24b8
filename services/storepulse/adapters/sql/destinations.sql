-- Where events go, as administrators declared it.

-- name: all
SELECT destination_id, name, kind, status, store_id, streams, types, consent, include_bots,
       config, secrets, ordered, batch_events, batch_seconds, max_in_flight, rate_per_second,
       retry_seconds, timeout_seconds
  FROM destinations
 ORDER BY name;

-- name: listed
SELECT destination_id, name, kind, status, status_reason, store_id, streams, types, consent,
       include_bots, config, NULL AS secrets, ordered, batch_events, batch_seconds,
       max_in_flight, rate_per_second, retry_seconds, timeout_seconds,
       destinations.created_at, destinations.updated_at,
       coalesce(destination_breakers.state, 'closed') AS breaker, destination_breakers.probe_at
  FROM destinations LEFT JOIN destination_breakers USING (destination_id)
 WHERE (%(key)s::text IS NULL OR name = %(key)s OR destination_id::text = %(key)s)
   AND (%(store_id)s::uuid IS NULL OR destinations.store_id = %(store_id)s)
 ORDER BY name;

-- name: locked
SELECT destination_id, name, kind, status, store_id, streams, types, consent, include_bots,
       config, secrets, ordered, batch_events, batch_seconds, max_in_flight, rate_per_second,
       retry_seconds, timeout_seconds
  FROM destinations
 WHERE (name = %(key)s OR destination_id::text = %(key)s)
   AND (%(store_id)s::uuid IS NULL OR store_id = %(store_id)s)
   FOR UPDATE;

-- name: insert
INSERT INTO destinations (
    destination_id, name, kind, status, store_id, streams, types, consent, include_bots, config,
    secrets, ordered, batch_events, batch_seconds, max_in_flight, rate_per_second, retry_seconds,
    timeout_seconds, created_at, updated_at)
VALUES (
    %(destination_id)s, %(name)s, %(kind)s, %(status)s, %(store_id)s, %(streams)s, %(types)s,
    %(consent)s, %(include_bots)s, %(config)s, %(secrets)s, %(ordered)s, %(batch_events)s,
    %(batch_seconds)s, %(max_in_flight)s, %(rate_per_second)s, %(retry_seconds)s,
    %(timeout_seconds)s, %(now)s, %(now)s);

-- name: update
UPDATE destinations
   SET name = %(name)s, status = %(status)s, status_reason = coalesce(%(status_reason)s, status_reason),
       store_id = %(store_id)s, streams = %(streams)s, types = %(types)s, consent = %(consent)s,
       include_bots = %(include_bots)s, config = %(config)s, secrets = %(secrets)s,
       ordered = %(ordered)s, batch_events = %(batch_events)s, batch_seconds = %(batch_seconds)s,
       max_in_flight = %(max_in_flight)s, rate_per_second = %(rate_per_second)s,
       retry_seconds = %(retry_seconds)s, timeout_seconds = %(timeout_seconds)s,
       updated_at = %(now)s
 WHERE destination_id = %(destination_id)s;

-- name: close_breaker
UPDATE destination_breakers
   SET state = 'closed', recent = '', opened = 0, probe_at = NULL, probe_until = NULL,
       changed_at = %(now)s
 WHERE destination_id = %(destination_id)s;

-- name: count_pending
SELECT count(*) AS pending FROM deliveries
 WHERE destination_id = %(destination_id)s AND status = 'pending';

-- name: end_batches
UPDATE delivery_batches SET status = 'done', last_error = %(reason)s
 WHERE destination_id = %(destination_id)s AND status = 'pending';

-- name: fail_pending
UPDATE deliveries
   SET status = 'failed', last_error = %(reason)s, finished_at = %(now)s
 WHERE destination_id = %(destination_id)s AND status = 'pending';

-- name: delete
DELETE FROM destinations WHERE destination_id = %(destination_id)s;
