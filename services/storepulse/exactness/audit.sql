-- What `storepulse audit` asks PostgreSQL, all in one snapshot.

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

-- name: mismatch
-- Offsets that the ledger holds, without those that hold no record, less what it counts as accepted.
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
-- Each record that died, by its topic: those that made a letter, replays that came back to theirs, of
-- which the letter's trail knows, and those whose letters retention has removed.
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

-- name: activity_rows
-- This and the next ones, per table: events of each store, as rows or as the sum of a rollup that
-- counts every event once.
SELECT store_id::text, count(*) FROM customer_activity GROUP BY store_id;

-- name: activity_hourly
SELECT store_id::text, sum(events)::bigint FROM activity_hourly GROUP BY store_id;

-- name: activity_sessions
SELECT store_id::text, sum(events)::bigint FROM sessions GROUP BY store_id;

-- name: heatmap_cells
SELECT store_id::text, sum(events)::bigint
  FROM (SELECT page_id, events FROM heatmap_cells
        UNION ALL SELECT page_id, events FROM heatmap_scroll) AS counted
  JOIN pages USING (page_id) GROUP BY store_id;

-- name: heatmap_elements
SELECT store_id::text, sum(events)::bigint
  FROM (SELECT page_id, clicks + hovers AS events FROM heatmap_elements
        UNION ALL SELECT page_id, events FROM heatmap_scroll) AS counted
  JOIN pages USING (page_id) GROUP BY store_id;

-- name: cart_rows
SELECT store_id::text, count(*) FROM cart_tracking_events GROUP BY store_id;

-- name: cart_hourly
SELECT store_id::text, sum(carts)::bigint FROM cart_hourly GROUP BY store_id;

-- name: landing_rows
SELECT store_id::text, count(*) FROM landing_events GROUP BY store_id;

-- name: landing_hourly
SELECT store_id::text, sum(views + clicks + purchases + others)::bigint
  FROM landing_hourly GROUP BY store_id;

-- name: retention
SELECT parent, extract(epoch FROM keep)::bigint FROM partitioned_tables WHERE keep IS NOT NULL;

-- name: funnel_daily
-- A rollup that counts sessions, against the sessions that it counts; what differs comes back.
WITH counted AS (
    SELECT store_id, day, step, is_bot, count(*) AS sessions
      FROM funnel_sessions
     CROSS JOIN generate_series(0, 4) AS step
     WHERE steps & ((1 << (step + 1)) - 1) = (1 << (step + 1)) - 1
     GROUP BY store_id, day, step, is_bot
)
SELECT store_id::text, concat(day, ' step ', step),
       coalesce(counted.sessions, 0), coalesce(stored.sessions, 0)
  FROM counted
  FULL JOIN (SELECT * FROM funnel_daily WHERE sessions <> 0) AS stored
       USING (store_id, day, step, is_bot)
 WHERE counted.sessions IS DISTINCT FROM stored.sessions
 ORDER BY 1, 2 LIMIT 20;

-- name: landing_sessions
-- The same of landing pages.
WITH counted AS (
    SELECT store_id, landing_page_id, campaign_id, hour, is_bot, count(*) AS sessions
      FROM landing_sessions
     GROUP BY store_id, landing_page_id, campaign_id, hour, is_bot
)
SELECT store_id::text, concat(landing_page_id, ' ', hour),
       coalesce(counted.sessions, 0), coalesce(stored.sessions, 0)
  FROM counted
  FULL JOIN (SELECT * FROM landing_hourly WHERE sessions <> 0) AS stored
       USING (store_id, landing_page_id, campaign_id, hour, is_bot)
 WHERE counted.sessions IS DISTINCT FROM stored.sessions
 ORDER BY 1, 2 LIMIT 20;
