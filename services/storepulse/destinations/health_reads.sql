-- The health of destinations: declarations, breakers, response times and waiting events.
-- `key` is a name or an id; null matches any.

-- name: destinations
SELECT d.destination_id, d.name, d.kind, d.status, d.status_reason, d.store_id, d.streams, d.types,
       d.consent, d.include_bots, d.config, d.ordered, d.batch_events, d.batch_seconds,
       d.max_in_flight, d.rate_per_second, d.retry_seconds, d.timeout_seconds,
       coalesce(b.state, 'closed') AS state, b.probe_at, coalesce(b.recent, '') AS recent,
       coalesce(b.account_fault, '') AS account_fault, count(*) OVER () AS listed
  FROM destinations AS d LEFT JOIN destination_breakers AS b USING (destination_id)
 WHERE (%(key)s::text IS NULL OR d.name = %(key)s OR d.destination_id::text = %(key)s)
   AND (%(store_id)s::uuid IS NULL OR d.store_id = %(store_id)s)
 ORDER BY d.name
 LIMIT %(count)s;

-- name: requests
-- Requests of a period by step: how many failed, and how many were delivered by latency counter.
WITH chosen AS (
    SELECT destination_id, date_bin(%(step)s::interval, minute, 'epoch') AS at, delivered, failed
      FROM delivery_minutes
     WHERE destination_id = ANY(%(destination_ids)s::uuid[])
       AND minute >= %(start)s AND minute < %(end)s
), counted AS (
    SELECT destination_id, at, place, sum(requests)::bigint AS requests
      FROM chosen, unnest(delivered) WITH ORDINALITY AS counter (requests, place)
     GROUP BY destination_id, at, place
)
SELECT destination_id, at, array_agg(requests ORDER BY place) AS delivered,
       (SELECT sum(c.failed)::bigint FROM chosen AS c
         WHERE c.destination_id = counted.destination_id AND c.at = counted.at) AS failed
  FROM counted
 GROUP BY destination_id, at
 ORDER BY destination_id, at;

-- name: last_delivered
SELECT asked.destination_id, newest.delivered_at
  FROM unnest(%(destination_ids)s::uuid[]) AS asked (destination_id), LATERAL (
       SELECT m.delivered_at FROM delivery_minutes AS m
        WHERE m.destination_id = asked.destination_id AND m.delivered_at IS NOT NULL
        ORDER BY m.minute DESC, m.delivered_at DESC LIMIT 1) AS newest;

-- name: breaker_changes
SELECT destination_id, changed_at, was, state, outcomes, failures
  FROM breaker_changes
 WHERE destination_id = ANY(%(destination_ids)s::uuid[]) AND changed_at >= %(start)s
 ORDER BY destination_id, changed_at, change_id
 LIMIT %(count)s;

-- name: last_opened
-- When breakers last left the state `closed`, and the outcomes that opened them.
SELECT asked.destination_id, newest.changed_at, newest.outcomes, newest.failures
  FROM unnest(%(destination_ids)s::uuid[]) AS asked (destination_id), LATERAL (
       SELECT c.changed_at, c.outcomes, c.failures FROM breaker_changes AS c
        WHERE c.destination_id = asked.destination_id AND c.was = 'closed'
        ORDER BY c.changed_at DESC, c.change_id DESC LIMIT 1) AS newest;

-- name: waiting
-- Counts at most %(most)s rows outside of batches. Rows that a batch only names are counted as rows.
-- For rows in a batch, the batch's created_at counts as their age.
SELECT asked.destination_id,
       (SELECT count(*) FROM (
            SELECT FROM deliveries AS d
             WHERE d.destination_id = asked.destination_id AND d.status = 'pending'
               AND d.batch_id IS NULL LIMIT %(most)s) AS counted)
       + (SELECT coalesce(sum(b.events), 0)::bigint FROM delivery_batches AS b
           WHERE b.destination_id = asked.destination_id AND b.status = 'pending'
             AND b.members IS NULL) AS events,
       least(
           (SELECT min(b.created_at) FROM delivery_batches AS b
             WHERE b.destination_id = asked.destination_id AND b.status = 'pending'),
           (SELECT min(oldest.created_at) FROM generate_series(0, 2) AS p (priority), LATERAL (
                SELECT d.created_at FROM deliveries AS d
                 WHERE d.destination_id = asked.destination_id AND d.status = 'pending'
                   AND d.batch_id IS NULL AND d.priority = p.priority
                 ORDER BY d.sequence LIMIT 1) AS oldest)) AS oldest_at
  FROM unnest(%(destination_ids)s::uuid[]) AS asked (destination_id);

-- name: oldest_request
SELECT batch_id, events, attempts, due_at, created_at
  FROM delivery_batches
 WHERE destination_id = %(destination_id)s AND status = 'pending'
 ORDER BY created_at, batch_id
 LIMIT 1;

-- name: failures
-- The newest failed request of each of the newest minutes that had one.
SELECT failed_at AS at, failed_status AS status, failed_error AS error
  FROM delivery_minutes
 WHERE destination_id = %(destination_id)s AND failed_at IS NOT NULL
 ORDER BY minute DESC, failed_at DESC
 LIMIT %(count)s;
