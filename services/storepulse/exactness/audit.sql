-- Statements of `storepulse audit`, which run in one snapshot.

-- name: partitions
SELECT topic, topic_id, partition, applied
  FROM ledger_partitions WHERE consumer_group = %(group)s
 ORDER BY topic, partition, topic_id;

-- name: gaps
SELECT topic_id, partition, lower_offset, upper_offset
  FROM ledger_gaps WHERE consumer_group = %(group)s;

-- name: counts
SELECT stream, store_id::text, hour, accepted, applied, duplicate, conflict, dead
  FROM ledger_counts ORDER BY stream, hour, store_id;

-- name: sums
-- The same by stream, with placeholders for store and hour.
SELECT stream, '', timestamptz 'epoch', sum(accepted)::bigint, sum(applied)::bigint,
       sum(duplicate)::bigint, sum(conflict)::bigint, sum(dead)::bigint
  FROM ledger_counts GROUP BY stream ORDER BY stream;

-- name: mismatch
-- Offsets in the ledger without gaps, minus accepted events.
SELECT asked.stream,
       coalesce((SELECT sum(upper(r) - lower(r))
                   FROM ledger_partitions AS p, unnest(p.applied) AS r
                  WHERE p.consumer_group = %(group)s AND p.topic = asked.topic), 0)::bigint
     - coalesce((SELECT sum(g.upper_offset - g.lower_offset)
                   FROM ledger_gaps AS g JOIN ledger_partitions AS p
                  USING (consumer_group, topic_id, partition)
                  WHERE g.consumer_group = %(group)s AND p.topic = asked.topic), 0)::bigint
     - coalesce((SELECT sum(accepted) FROM ledger_counts WHERE stream = asked.stream), 0)::bigint
  FROM unnest(%(streams)s::text[], %(topics)s::text[]) AS asked (stream, topic);

-- name: dead_letters
-- Dead records by topic: those with a letter, replays that returned to their letter (from its trail),
-- and those whose letters retention has removed.
SELECT topic, sum(records)::bigint, sum(still_open)::bigint, sum(removed)::bigint
  FROM (SELECT topic, 1 AS records, (status = 'open')::int AS still_open, 0 AS removed
          FROM dead_letters WHERE topic = ANY (%(topics)s)
        UNION ALL
        SELECT details ->> 'topic', 1, 0, 0
          FROM dead_letter_actions
         WHERE action = 'returned' AND details ->> 'topic' = ANY (%(topics)s)
        UNION ALL
        SELECT topic, records, 0, records
          FROM dead_letters_removed WHERE topic = ANY (%(topics)s)) AS died
 GROUP BY topic;

-- name: dead_offsets
SELECT topic_id, partition, "offset"
  FROM dead_letters WHERE topic = ANY (%(topics)s)
UNION
SELECT details ->> 'topic_id', (details ->> 'partition')::int, (details ->> 'offset')::bigint
  FROM dead_letter_actions
 WHERE action = 'returned' AND details ->> 'topic' = ANY (%(topics)s);

-- name: changed_sites
-- Stores whose domain or page patterns were set, and when last. A slice uses the current settings, so
-- earlier events are counted under the pages of their time.
SELECT store_id::text, max(at)
  FROM admin_audit
 WHERE action IN ('store.created', 'store.changed')
   AND (change -> 'to' ->> 'domain' IS DISTINCT FROM change -> 'from' ->> 'domain'
        OR coalesce(change -> 'to' -> 'page_patterns', '[]')
           <> coalesce(change -> 'from' -> 'page_patterns', '[]'))
 GROUP BY store_id;

-- name: retention
SELECT parent, extract(epoch FROM keep)::bigint FROM partitioned_tables WHERE keep IS NOT NULL;
