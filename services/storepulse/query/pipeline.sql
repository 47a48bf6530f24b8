-- The state of the pipeline: the ledger, dead letters, destinations and the newest audit. With a store id,
-- only those of that store.

-- name: ledger
-- Skips from one stream and store to the next, without scanning hours of other weeks.
WITH RECURSIVE pairs AS (
    (SELECT stream, store_id FROM ledger_counts
      WHERE (%(store_id)s::uuid IS NULL OR store_id = %(store_id)s)
      ORDER BY stream, store_id LIMIT 1)
     UNION ALL
    SELECT n.stream, n.store_id
      FROM pairs AS p
     CROSS JOIN LATERAL (
           SELECT c.stream, c.store_id FROM ledger_counts AS c
            WHERE (c.stream, c.store_id) > (p.stream, p.store_id)
              AND (%(store_id)s::uuid IS NULL OR c.store_id = %(store_id)s)
            ORDER BY c.stream, c.store_id LIMIT 1) AS n
)
SELECT coalesce(sum(c.accepted), 0)::bigint AS counted, coalesce(sum(c.applied), 0)::bigint AS applied,
       coalesce(sum(c.duplicate), 0)::bigint AS duplicates, coalesce(sum(c.dead), 0)::bigint AS dead,
       coalesce(sum(c.accepted) FILTER (WHERE c.hour = %(last_hour)s::timestamptz), 0)::bigint AS in_last_hour
  FROM pairs
 CROSS JOIN LATERAL (
       SELECT hour, accepted, applied, duplicate, dead FROM ledger_counts AS l
        WHERE l.stream = pairs.stream AND l.store_id = pairs.store_id
          AND l.hour >= %(start)s::timestamptz AND l.hour < %(end)s::timestamptz) AS c;

-- name: open_letters
-- Counts up to `most`.
SELECT count(*) AS letters
  FROM (SELECT FROM dead_letters
         WHERE status = 'open' AND (%(store_id)s::uuid IS NULL OR store_id = %(store_id)s)
         LIMIT %(most)s + 1) AS listed;

-- name: new_letters
SELECT count(*) AS letters
  FROM (SELECT FROM dead_letters
         WHERE status = 'open' AND created_at >= %(since)s
           AND (%(store_id)s::uuid IS NULL OR store_id = %(store_id)s)
         LIMIT %(most)s + 1) AS listed;

-- name: destinations
-- Waiting events are counted up to `most` per destination. A key of one store does not see those of other
-- stores.
SELECT d.destination_id, d.name, d.kind, d.status, d.status_reason,
       coalesce(b.state, 'closed') AS breaker, b.probe_at, coalesce(b.account_fault, '') AS account_fault,
       waiting.rows + waiting.under_way AS pending
  FROM destinations AS d
  LEFT JOIN destination_breakers AS b USING (destination_id)
  LEFT JOIN LATERAL (
       SELECT (SELECT count(*)
                 FROM (SELECT FROM deliveries AS w
                        WHERE w.destination_id = d.destination_id AND w.status = 'pending'
                          AND w.batch_id IS NULL
                          AND (%(store_id)s::uuid IS NULL OR w.store_id = %(store_id)s)
                        LIMIT %(most)s + 1) AS listed) AS rows,
              (SELECT coalesce(sum(p.events), 0)::bigint
                 FROM delivery_batches AS p
                WHERE p.destination_id = d.destination_id AND p.status = 'pending'
                  AND p.members IS NULL) AS under_way) AS waiting
         ON %(store_id)s::uuid IS NULL OR d.store_id = %(store_id)s
 WHERE %(store_id)s::uuid IS NULL OR d.store_id IS NULL OR d.store_id = %(store_id)s
 ORDER BY d.name
 LIMIT %(count)s;

-- name: newest_audit
SELECT at, part, accepted, applied, duplicates, dead, in_flight, findings
  FROM audits ORDER BY at DESC LIMIT 1;
