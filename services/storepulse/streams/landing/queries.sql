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
