-- Where events go, as administrators declared it.

-- name: all
SELECT destination_id, name, kind, status, store_id, streams, types, consent, include_bots,
       config, secrets, secret_ends, ordered, batch_events, batch_seconds, max_in_flight,
       rate_per_second, retry_seconds, timeout_seconds
  FROM destinations
 ORDER BY name;

-- name: listed
SELECT destination_id, name, kind, status, status_reason, store_id, streams, types, consent,
       include_bots, config, NULL AS secrets, secret_ends, ordered, batch_events, batch_seconds,
       max_in_flight, rate_per_second, retry_seconds, timeout_seconds,
       destinations.created_at, destinations.updated_at,
       coalesce(destination_breakers.state, 'closed') AS breaker, destination_breakers.probe_at,
       coalesce(destination_breakers.account_fault, '') AS account_fault
  FROM destinations LEFT JOIN destination_breakers USING (destination_id)
 WHERE (%(key)s::text IS NULL OR name = %(key)s OR destination_id::text = %(key)s)
   AND (%(store_id)s::uuid IS NULL OR destinations.store_id = %(store_id)s)
 ORDER BY name;

-- name: locked
SELECT destination_id, name, kind, status, store_id, streams, types, consent, include_bots,
       config, secrets, secret_ends, ordered, batch_events, batch_seconds, max_in_flight,
       rate_per_second, retry_seconds, timeout_seconds
  FROM destinations
 WHERE (name = %(key)s OR destination_id::text = %(key)s)
   AND (%(store_id)s::uuid IS NULL OR store_id = %(store_id)s)
   FOR UPDATE;

-- name: hold
-- Held until the transaction ends, by whoever queues: who removes a destination, or asks it for order,
-- waits for the rows that are under way, and finds them. Before the destinations are read: a statement
-- of its own.
SELECT pg_advisory_xact_lock_shared(hashtext('storepulse.destinations'));

-- name: await_queueing
-- The other side of it: what is being queued has ended, and what comes later waits. A lock of its own,
-- since whoever waits for rows that others share would be passed by for ever.
SELECT pg_advisory_xact_lock(hashtext('storepulse.destinations'));

-- name: insert
INSERT INTO destinations (
    destination_id, name, kind, status, store_id, streams, types, consent, include_bots, config,
    secrets, secret_ends, ordered, batch_events, batch_seconds, max_in_flight, rate_per_second,
    retry_seconds, timeout_seconds, created_at, updated_at)
VALUES (
    %(destination_id)s, %(name)s, %(kind)s, %(status)s, %(store_id)s, %(streams)s, %(types)s,
    %(consent)s, %(include_bots)s, %(config)s, %(secrets)s, %(secret_ends)s, %(ordered)s, %(batch_events)s,
    %(batch_seconds)s, %(max_in_flight)s, %(rate_per_second)s, %(retry_seconds)s,
    %(timeout_seconds)s, %(now)s, %(now)s);

-- name: update
UPDATE destinations
   SET name = %(name)s, status = %(status)s, status_reason = coalesce(%(status_reason)s, status_reason),
       store_id = %(store_id)s, streams = %(streams)s, types = %(types)s, consent = %(consent)s,
       include_bots = %(include_bots)s, config = %(config)s, secrets = %(secrets)s,
       secret_ends = %(secret_ends)s,
       ordered = %(ordered)s, batch_events = %(batch_events)s, batch_seconds = %(batch_seconds)s,
       max_in_flight = %(max_in_flight)s, rate_per_second = %(rate_per_second)s,
       retry_seconds = %(retry_seconds)s, timeout_seconds = %(timeout_seconds)s,
       updated_at = %(now)s
 WHERE destination_id = %(destination_id)s;

-- name: close_breaker
UPDATE destination_breakers
   SET state = 'closed', recent = '', opened = 0, probe_at = NULL, probe_until = NULL,
       account_fault = '', changed_at = %(now)s
 WHERE destination_id = %(destination_id)s;

-- name: count_pending
-- What waits, by the indexes of what waits: a destination may have years of other rows.
SELECT (SELECT count(*) FROM deliveries
         WHERE destination_id = %(destination_id)s AND status = 'pending' AND batch_id IS NULL)
     + (SELECT count(*) FROM delivery_batches AS b JOIN deliveries AS d USING (batch_id)
         WHERE b.destination_id = %(destination_id)s AND b.status = 'pending'
           AND d.status = 'pending') AS pending;

-- name: stop
-- Before its events are failed: nobody sends them meanwhile.
UPDATE destinations
   SET status = 'disabled', status_reason = 'it is being removed', updated_at = %(now)s
 WHERE destination_id = %(destination_id)s;

-- name: lock_first_claims
-- Among what waits are the rows that a first claim took. Its batch is locked before them, as where
-- outcomes are written.
SELECT FROM delivery_batches
 WHERE destination_id = %(destination_id)s AND status = 'pending' AND members IS NOT NULL
 ORDER BY batch_id
   FOR UPDATE;

-- fragment: return_letters
-- Letters whose replays waited among the failed ones are open again: no outcome of a delivery ends their
-- claims now.
returned AS (
    UPDATE dead_letters
       SET status = 'open', claimed_by = NULL, claimed_until = NULL, updated_at = %(now)s
     WHERE dead_letter_id IN (SELECT dead_letter_id FROM failed) AND status = 'reprocessing'
    RETURNING dead_letter_id
), trail AS (
    INSERT INTO dead_letter_actions (dead_letter_id, action, actor, why, at)
    SELECT dead_letter_id, 'returned', %(by)s, %(reason)s, %(now)s FROM returned
)

-- name: fail_waiting
-- Chosen apart: as a part of the join they might be chosen more than once, others each time.
WITH waiting AS (
    SELECT store_id, event_id, received_at, stream FROM deliveries
     WHERE destination_id = %(destination_id)s AND status = 'pending' AND batch_id IS NULL
     ORDER BY priority, sequence LIMIT %(count)s
       FOR UPDATE
), failed AS (
    UPDATE deliveries AS d
       SET status = 'failed', last_error = %(reason)s, finished_at = %(now)s
      FROM waiting AS w
     WHERE d.destination_id = %(destination_id)s AND d.store_id = w.store_id
       AND d.event_id = w.event_id AND d.received_at = w.received_at AND d.stream = w.stream
    RETURNING d.dead_letter_id
), {return_letters}
SELECT count(*) AS failed FROM failed;

-- name: fail_batches
-- Batches are locked before their rows and by their ids, as where outcomes are written.
WITH ended AS (
    UPDATE delivery_batches AS b SET status = 'done', last_error = %(reason)s, members = NULL
      FROM (SELECT batch_id FROM delivery_batches
             WHERE destination_id = %(destination_id)s AND status = 'pending'
             ORDER BY batch_id
               FOR UPDATE) AS held
     WHERE b.batch_id = held.batch_id
    RETURNING b.batch_id
), failed AS (
    UPDATE deliveries AS d
       SET status = 'failed', last_error = %(reason)s, finished_at = %(now)s
      FROM ended
     WHERE d.batch_id = ended.batch_id AND d.status = 'pending'
    RETURNING d.dead_letter_id
), {return_letters}
SELECT count(*) AS failed FROM failed;

-- name: delete
DELETE FROM destinations WHERE destination_id = %(destination_id)s;
