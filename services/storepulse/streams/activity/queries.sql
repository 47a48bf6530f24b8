-- Reads of customer activity. Filters that are null do not filter.

-- name: rows
SELECT event_id, store_id, session_id, visitor_id, correlation_id, activity_type, page_url,
       referrer, product_id, product_name, search_query, quantity, value, currency, metadata,
       occurred_at, received_at, source, consent_analytics, consent_marketing, host(ip) AS ip,
       user_agent, country, is_bot
  FROM customer_activity
 WHERE store_id = %(store_id)s
   AND occurred_at >= coalesce(%(start)s::timestamptz, '-infinity')
   AND occurred_at < coalesce(%(end)s::timestamptz, 'infinity')
   AND occurred_at <= coalesce(%(before)s::timestamptz, 'infinity')
   AND (%(before)s::timestamptz IS NULL
        OR occurred_at < %(before)s::timestamptz OR event_id > %(after_id)s::uuid)
   AND (%(session_id)s::text IS NULL OR session_id = %(session_id)s)
   AND (%(visitor_id)s::text IS NULL OR visitor_id = %(visitor_id)s)
   AND (%(activity_type)s::text IS NULL OR activity_type = %(activity_type)s)
   AND (%(include_bots)s OR NOT is_bot)
 ORDER BY occurred_at DESC, event_id
 LIMIT %(count)s;

-- name: funnel
SELECT step, sum(sessions)::bigint AS sessions
  FROM funnel_daily
 WHERE store_id = %(store_id)s
   AND day >= coalesce(%(first_day)s::date, '-infinity')
   AND day < coalesce(%(end_day)s::date, 'infinity')
   AND (%(include_bots)s OR NOT is_bot)
 GROUP BY step
 ORDER BY step;

-- name: cut_funnel
-- Of the last day, the sessions that had begun at the cut; whatever they did later counts.
SELECT step, sum(sessions)::bigint AS sessions
  FROM (SELECT step, sessions
          FROM funnel_daily
         WHERE store_id = %(store_id)s
           AND day >= %(first_day)s::date
           AND day < %(end_day)s::date - 1
           AND (%(include_bots)s OR NOT is_bot)
        UNION ALL
        SELECT step, 1
          FROM sessions
          JOIN generate_series(0, 4) AS step ON steps & (2 << step) - 1 = (2 << step) - 1
         WHERE store_id = %(store_id)s
           AND events > 0
           AND day = %(end_day)s::date - 1
           -- No day is longer than two; the index goes by this column.
           AND started_at >= %(cut)s::timestamptz - interval '2 days'
           AND started_at < %(cut)s::timestamptz
           AND (%(include_bots)s OR NOT is_bot)) AS counted
 GROUP BY step
 ORDER BY step;

-- name: products
SELECT product_id,
       (array_agg(product_name ORDER BY day DESC) FILTER (WHERE product_name IS NOT NULL))[1]
           AS product_name,
       sum(views)::bigint AS views, sum(adds)::bigint AS adds,
       sum(removes)::bigint AS removes, sum(purchases)::bigint AS purchases
  FROM activity_products_daily
 WHERE store_id = %(store_id)s
   AND day >= coalesce(%(first_day)s::date, '-infinity')
   AND day < coalesce(%(end_day)s::date, 'infinity')
   AND (%(include_bots)s OR NOT is_bot)
 GROUP BY product_id
 ORDER BY CASE %(sort)s WHEN 'views' THEN sum(views) WHEN 'adds' THEN sum(adds)
                        WHEN 'removes' THEN sum(removes) ELSE sum(purchases) END DESC,
          product_id
 LIMIT %(count)s;

-- name: searches
SELECT term, sum(searches)::bigint AS searches
  FROM activity_searches_daily
 WHERE store_id = %(store_id)s
   AND day >= coalesce(%(first_day)s::date, '-infinity')
   AND day < coalesce(%(end_day)s::date, 'infinity')
   AND (%(include_bots)s OR NOT is_bot)
 GROUP BY term
 ORDER BY sum(searches) DESC, term
 LIMIT %(count)s;

-- name: sessions
SELECT session_id, store_id, visitor_id, started_at, ended_at,
       extract(epoch FROM ended_at - started_at)::float8 AS duration_seconds,
       ended_at - started_at > interval '24 hours' AS is_long,
       entry_page, exit_page, source, utm_source, utm_medium, utm_campaign, utm_term, utm_content,
       country, pages, events, steps, is_bot
  FROM sessions
 WHERE store_id = %(store_id)s
   AND events > 0
   AND started_at >= coalesce(%(start)s::timestamptz, '-infinity')
   AND started_at < coalesce(%(end)s::timestamptz, 'infinity')
   AND started_at <= coalesce(%(before)s::timestamptz, 'infinity')
   AND (%(before)s::timestamptz IS NULL
        OR started_at < %(before)s::timestamptz OR session_id > %(after_id)s)
   AND (%(session_id)s::text IS NULL OR session_id = %(session_id)s)
   AND (%(visitor_id)s::text IS NULL OR visitor_id = %(visitor_id)s)
   AND (%(include_bots)s OR NOT is_bot)
 ORDER BY started_at DESC, session_id
 LIMIT %(count)s;
