-- Queries on customer activity. A null filter does not filter.

-- fragment: of_visitor
-- Compares the hash first, which the indexes of visitors contain.
(%(visitor_id)s::text IS NULL
        OR hashtextextended(visitor_id, uuid_hash_extended(store_id, 0))
         = hashtextextended(%(visitor_id)s, uuid_hash_extended(%(store_id)s, 0))
       AND visitor_id = %(visitor_id)s)

-- fragment: columns
event_id, store_id, session_id, visitor_id, correlation_id, activity_type, page_url,
       referrer, product_id, product_name, search_query, quantity, value, currency, metadata,
       order_id, name, items, view_id, customer_id, occurred_at, received_at, source, consent_analytics,
       consent_marketing, host(ip) AS ip, user_agent, country, is_bot

-- name: rows
-- Views are searched from the newest backwards, starting at the last hour that has any of the type.
SELECT {columns}
  FROM customer_activity
 WHERE store_id = %(store_id)s
   AND occurred_at >= coalesce(%(start)s::timestamptz, '-infinity')
   AND occurred_at < coalesce(%(end)s::timestamptz, 'infinity')
   AND occurred_at <= coalesce(%(before)s::timestamptz, 'infinity')
   AND (%(before)s::timestamptz IS NULL
        OR occurred_at < %(before)s::timestamptz OR event_id > %(after_id)s::uuid)
   AND (%(session_id)s::text IS NULL OR session_id = %(session_id)s)
   AND {of_visitor}
   AND (%(activity_type)s::text IS NULL OR activity_type = %(activity_type)s)
   AND (%(activity_type)s::text IS NULL
        OR %(activity_type)s NOT IN ('page_view', 'product_view')
        OR occurred_at < (SELECT max(hour) + interval '1 hour' FROM activity_hourly AS h
                           WHERE h.store_id = %(store_id)s AND h.activity_type = %(activity_type)s))
   AND (%(name)s::text IS NULL OR activity_type = 'custom' AND counted_name(name) = %(name)s)
   AND (%(include_bots)s OR NOT is_bot)
 ORDER BY occurred_at DESC, event_id
 LIMIT %(count)s;

-- name: rows_of_properties
-- Custom events of one name, newest first. At most `most_searched` are searched for those that have all the values.
-- Each row has the number of searched events and the last one; if none matches, there is one row with only these.
WITH searched AS MATERIALIZED (
    SELECT occurred_at, event_id,
           NOT EXISTS (SELECT FROM unnest(%(keys)s::text[], %(values)s::text[]) AS asked (key, value)
                        WHERE metadata ->> asked.key IS DISTINCT FROM asked.value) AS is_found
      FROM customer_activity
     WHERE store_id = %(store_id)s
       AND activity_type = 'custom' AND counted_name(name) = %(name)s
       AND occurred_at >= coalesce(%(start)s::timestamptz, '-infinity')
       AND occurred_at < coalesce(%(end)s::timestamptz, 'infinity')
       AND occurred_at <= coalesce(%(before)s::timestamptz, 'infinity')
       AND (%(before)s::timestamptz IS NULL
            OR occurred_at < %(before)s::timestamptz OR event_id > %(after_id)s::uuid)
       AND (%(session_id)s::text IS NULL OR session_id = %(session_id)s)
       AND {of_visitor}
       AND (%(include_bots)s OR NOT is_bot)
     ORDER BY occurred_at DESC, event_id
     LIMIT %(most_searched)s
), found AS (
    SELECT occurred_at, event_id FROM searched WHERE is_found
     ORDER BY occurred_at DESC, event_id LIMIT %(count)s
), ending AS (
    SELECT count(*) AS searched, min(occurred_at) AS searched_until,
           (SELECT event_id FROM searched ORDER BY occurred_at, event_id DESC LIMIT 1) AS last_id
      FROM searched
)
SELECT ending.searched, ending.searched_until, ending.last_id, told.*
  FROM ending
  LEFT JOIN (found
       CROSS JOIN LATERAL (
             SELECT {columns}
               FROM customer_activity AS a
              WHERE a.event_id = found.event_id AND a.store_id = %(store_id)s
                AND a.occurred_at = found.occurred_at
             OFFSET 0) AS told) ON true
 ORDER BY told.occurred_at DESC, told.event_id;

-- name: funnel
-- By day: a session counts on one day, so the days add up to the period.
SELECT day, step, sum(sessions)::bigint AS sessions
  FROM funnel_daily
 WHERE store_id = %(store_id)s
   AND day >= coalesce(%(first_day)s::date, '-infinity')
   AND day < coalesce(%(end_day)s::date, 'infinity')
   AND (%(include_bots)s OR NOT is_bot)
 GROUP BY day, step
 ORDER BY day, step;

-- name: cut_funnel
-- On the last day, only sessions that began before the cut count, with all their steps, also later ones.
SELECT day, step, sum(sessions)::bigint AS sessions
  FROM (SELECT day, step, sessions
          FROM funnel_daily
         WHERE store_id = %(store_id)s
           AND day >= %(first_day)s::date
           AND day < %(end_day)s::date - 1
           AND (%(include_bots)s OR NOT is_bot)
        UNION ALL
        SELECT day, step, 1
          FROM sessions
          JOIN generate_series(0, 4) AS step ON steps & (2 << step) - 1 = (2 << step) - 1
         WHERE store_id = %(store_id)s
           AND session_id <> ''
           AND day = %(end_day)s::date - 1
           -- No day is longer than two; the index contains this column.
           AND started_at >= %(cut)s::timestamptz - interval '2 days'
           AND started_at < %(cut)s::timestamptz
           AND (%(include_bots)s OR NOT is_bot)) AS counted
 GROUP BY day, step
 ORDER BY day, step;

-- name: sessions
SELECT session_id, store_id, visitor_id, started_at, ended_at,
       extract(epoch FROM ended_at - started_at)::float8 AS duration_seconds,
       ended_at - started_at > interval '24 hours' AS is_long,
       entry_page, exit_page, source, utm_source, utm_medium, utm_campaign, utm_term, utm_content,
       country, pages, events, steps, is_bot
  FROM sessions
 WHERE store_id = %(store_id)s
   AND session_id <> ''
   AND started_at >= coalesce(%(start)s::timestamptz, '-infinity')
   AND started_at < coalesce(%(end)s::timestamptz, 'infinity')
   AND started_at <= coalesce(%(before)s::timestamptz, 'infinity')
   AND (%(before)s::timestamptz IS NULL
        OR started_at < %(before)s::timestamptz OR session_id > %(after_id)s)
   AND (%(session_id)s::text IS NULL OR session_id = %(session_id)s)
   AND {of_visitor}
   AND (%(include_bots)s OR NOT is_bot)
 ORDER BY started_at DESC, session_id
 LIMIT %(count)s;
