-- Figures of one landing page, in total (day is null) and by day of UTC.

-- name: events
SELECT (hour AT TIME ZONE 'UTC')::date AS day, sum(views)::bigint AS views,
       sum(clicks)::bigint AS clicks, sum(purchases)::bigint AS purchases,
       sum(others)::bigint AS others
  FROM landing_hourly
 WHERE landing_page_id = %(landing_page_id)s
   AND (%(campaign_id)s::text IS NULL OR campaign_id = %(campaign_id)s)
   AND (%(store_id)s::uuid IS NULL OR store_id = %(store_id)s)
   AND hour >= coalesce(%(start)s::timestamptz, '-infinity')
   AND hour < coalesce(%(end)s::timestamptz, 'infinity')
   AND (%(include_bots)s OR NOT is_bot)
 GROUP BY GROUPING SETS ((), (1))
 ORDER BY 1 NULLS FIRST;

-- name: visits
SELECT (hour AT TIME ZONE 'UTC')::date AS day, count(DISTINCT (store_id, session_id)) AS visits
  FROM landing_sessions
 WHERE landing_page_id = %(landing_page_id)s
   AND (%(campaign_id)s::text IS NULL OR campaign_id = %(campaign_id)s)
   AND (%(store_id)s::uuid IS NULL OR store_id = %(store_id)s)
   AND hour >= coalesce(%(start)s::timestamptz, '-infinity')
   AND hour < coalesce(%(end)s::timestamptz, 'infinity')
   AND (%(include_bots)s OR NOT is_bot)
 GROUP BY GROUPING SETS ((), (1));

-- name: revenue
SELECT (hour AT TIME ZONE 'UTC')::date AS day, currency, sum(purchases)::bigint AS purchases,
       sum(revenue) AS revenue
  FROM landing_revenue_hourly
 WHERE landing_page_id = %(landing_page_id)s
   AND (%(campaign_id)s::text IS NULL OR campaign_id = %(campaign_id)s)
   AND (%(store_id)s::uuid IS NULL OR store_id = %(store_id)s)
   AND hour >= coalesce(%(start)s::timestamptz, '-infinity')
   AND hour < coalesce(%(end)s::timestamptz, 'infinity')
   AND (%(include_bots)s OR NOT is_bot)
 GROUP BY GROUPING SETS ((currency), (currency, 1))
 ORDER BY currency;

-- name: list_events
SELECT * FROM landing_events
 WHERE store_id = %(store_id)s
   AND occurred_at >= coalesce(%(start)s::timestamptz, '-infinity')
   AND occurred_at < coalesce(%(end)s::timestamptz, 'infinity')
   AND occurred_at <= coalesce(%(before)s::timestamptz, 'infinity')
   AND (%(before)s::timestamptz IS NULL
        OR occurred_at < %(before)s::timestamptz OR event_id > %(after_id)s::uuid)
   AND (%(session_id)s::text IS NULL OR session_id = %(session_id)s)
   AND (%(include_bots)s OR NOT is_bot)
 ORDER BY occurred_at DESC, event_id
 LIMIT %(count)s;
