-- Destinations as administrators declared them.

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
-- Queueing transactions take this shared lock until they end. Removing a destination, or making it
-- ordered, takes the lock exclusively and so waits for their rows. It must be a separate statement,
-- before the destinations are read.
SELECT pg_advisory_xact_lock_shared(hashtext('storepulse.destinations'));

-- name: await_queueing
-- The exclusive side: waits for running queueing transactions and blocks new ones. An advisory lock,
-- because a waiter for shared row locks could be overtaken by new sharers forever.
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
-- Two counts, each of which can use a partial index of waiting rows: a destination may have years of
-- other rows.
SELECT (SELECT count(*) FROM deliveries
         WHERE destination_id = %(destination_id)s AND status = 'pending' AND batch_id IS NULL)
     + (SELECT count(*) FROM delivery_batches AS b JOIN deliveries AS d USING (batch_id)
         WHERE b.destination_id = %(destination_id)s AND b.status = 'pending'
           AND d.status = 'pending') AS pending;

-- name: stop
-- Stops sending before the waiting events are marked as failed.
UPDATE destinations
   SET status = 'disabled', status_reason = 'it is being removed', updated_at = %(now)s
 WHERE destination_id = %(destination_id)s;

-- name: lock_first_claims
-- The waiting rows include those of first claims. Batches are locked before rows, in the order in which
-- outcomes are written.
SELECT FROM delivery_batches
 WHERE destination_id = %(destination_id)s AND status = 'pending' AND members IS NOT NULL
 ORDER BY batch_id
   FOR UPDATE;

-- fragment: return_letters
-- Reopens the letters whose replays were among the failed rows: no outcome will end their claims.
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
-- A separate CTE: as part of the join, the LIMIT could be evaluated repeatedly with different rows.
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
-- Locks batches before their rows and in the order of their ids, as the writer of outcomes does.
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
