-- Visitors, sessions and page views of a store's days. Filters that are null do not filter.

-- fragment: of_days
store_id = %(store_id)s
   AND day >= coalesce(%(first_day)s::date, '-infinity')
   AND day < coalesce(%(end_day)s::date, 'infinity')

-- name: closed_days
-- The visitors of closed days, for `days`.
SELECT count(*) AS entries, coalesce(array_agg(day), '{}')::text AS days,
       coalesce(array_agg(visitors), '{}')::text AS visitors
  FROM (SELECT day, count(*) AS visitors
          FROM visitors_daily
         WHERE store_id = %(store_id)s
           AND day >= coalesce(%(first_day)s::date, '-infinity')
           AND day < %(closed_end)s::date
         GROUP BY day
         LIMIT %(most)s + 1) AS counted;

-- name: days
-- Each day on which something was counted.
SELECT day, sum(visitors)::bigint AS visitors, sum(sessions)::bigint AS sessions,
       sum(views)::bigint AS views
  FROM (SELECT day, visitors, 0 AS sessions, 0 AS views
          FROM unnest(%(days)s::date[], %(visitors)s::bigint[]) AS closed (day, visitors)
         UNION ALL
        SELECT day, count(*), 0, 0
          FROM visitors_daily WHERE {of_days} AND day >= %(closed_end)s::date GROUP BY day
         UNION ALL
        SELECT day, 0, sum(sessions), 0
          FROM sessions_daily WHERE {of_days} AND (%(include_bots)s OR NOT is_bot) GROUP BY day
         UNION ALL
        SELECT day, 0, 0, sum(views)
          FROM pages_daily WHERE {of_days} AND (%(include_bots)s OR NOT is_bot) GROUP BY day) AS told
 GROUP BY day
HAVING (sum(visitors), sum(sessions), sum(views)) <> (0, 0, 0)
 ORDER BY day;

-- name: distinct_visitors
-- By the key, which has a store's visitors in order: nothing is sorted or hashed.
SELECT count(DISTINCT visitor) AS visitors FROM visitors_daily WHERE {of_days};

-- name: origins
-- Sessions by one of their entry's values, most of %(sort)s first. What is summed over all values is
-- in every row.
WITH grouped AS (
    SELECT CASE %(by)s WHEN 'source' THEN source WHEN 'medium' THEN medium
                       WHEN 'campaign' THEN campaign ELSE country END AS value,
           sum(sessions)::bigint AS sessions, sum(pages)::bigint AS pages,
           sum(bounces)::bigint AS bounces, sum(purchases)::bigint AS purchases
      FROM sessions_daily
     WHERE {of_days} AND (%(include_bots)s OR NOT is_bot)
     GROUP BY 1
    HAVING sum(sessions) <> 0
)
SELECT nullif(value, '') AS value, sessions, pages, bounces, purchases,
       count(*) OVER () AS listed, sum(sessions) OVER ()::bigint AS all_sessions,
       sum(pages) OVER ()::bigint AS all_pages, sum(bounces) OVER ()::bigint AS all_bounces,
       sum(purchases) OVER ()::bigint AS all_purchases
  FROM grouped
 ORDER BY CASE %(sort)s WHEN 'sessions' THEN sessions WHEN 'purchases' THEN purchases
                        WHEN 'conversion' THEN purchases::float8 / sessions
                        WHEN 'bounce_rate' THEN bounces::float8 / sessions
                        ELSE pages::float8 / sessions END DESC,
          sessions DESC, value COLLATE "C"
 LIMIT %(count)s;

-- name: pages
-- Pages by views, and by the sessions that began or ended there.
WITH grouped AS (
    SELECT page, sum(views)::bigint AS views, sum(entries)::bigint AS entries,
           sum(exits)::bigint AS exits
      FROM pages_daily
     WHERE {of_days} AND (%(include_bots)s OR NOT is_bot)
     GROUP BY page
    HAVING (sum(views), sum(entries), sum(exits)) <> (0, 0, 0)
)
SELECT nullif(page, '') AS page, views, entries, exits, count(*) OVER () AS listed,
       sum(views) OVER ()::bigint AS all_views, sum(entries) OVER ()::bigint AS all_entries, sum(exits) OVER ()::bigint AS all_exits
  FROM grouped
 ORDER BY CASE %(sort)s WHEN 'views' THEN views WHEN 'entries' THEN entries ELSE exits END DESC,
          views DESC, page COLLATE "C"
 LIMIT %(count)s;
