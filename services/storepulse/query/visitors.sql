-- Visitors, sessions and page views of a store's days. Filters that are null do not apply.

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
-- Each day with any counts.
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
-- Uses the primary key, which has a store's visitors in order: no sort, no hash.
SELECT count(DISTINCT visitor) AS visitors FROM visitors_daily WHERE {of_days};

-- name: origins
-- Sessions grouped by a value of their entry. Totals over all values are in every row.
WITH grouped AS MATERIALIZED (
    SELECT CASE %(by)s WHEN 'source' THEN source WHEN 'medium' THEN medium
                       WHEN 'campaign' THEN campaign ELSE country END AS value,
           sum(sessions)::bigint AS sessions, sum(pages)::bigint AS pages,
           sum(bounces)::bigint AS bounces, sum(purchases)::bigint AS purchases
      FROM sessions_daily
     WHERE {of_days} AND (%(include_bots)s OR NOT is_bot)
     GROUP BY 1
    HAVING sum(sessions) <> 0
), found AS (
    SELECT * FROM grouped
     WHERE %(search)s::text IS NULL OR strpos(lower(value), lower(%(search)s)) > 0
), placed AS (
    SELECT *, CASE WHEN %(sort)s <> 'name' THEN {sign}
              * CASE %(sort)s WHEN 'sessions' THEN sessions WHEN 'purchases' THEN purchases
                              WHEN 'bounces' THEN bounces
                              WHEN 'conversion' THEN (1e9 * purchases / sessions)::bigint
                              WHEN 'bounce_rate' THEN (1e9 * bounces / sessions)::bigint
                              ELSE (1e9 * pages / sessions)::bigint END END AS place_number,
           CASE %(sort)s WHEN 'name' THEN left(lower(value), 200) COLLATE "C" END AS place_text,
           left(value, 200) || ' ' || encode(text_hash(value), 'hex') AS place_id
      FROM found
), page AS (
    SELECT * FROM placed WHERE {follows} ORDER BY {in_order} LIMIT %(count)s
), totals AS (
    SELECT coalesce(sum(sessions), 0)::bigint AS all_sessions,
           coalesce(sum(pages), 0)::bigint AS all_pages,
           coalesce(sum(bounces), 0)::bigint AS all_bounces,
           coalesce(sum(purchases), 0)::bigint AS all_purchases,
           (SELECT count(*) FROM found) AS listed
      FROM grouped
)
SELECT nullif(value, '') AS value, sessions, pages, bounces, purchases, place_number, place_text,
       place_id, totals.*
  FROM totals LEFT JOIN page ON true
 ORDER BY {in_order};

-- name: session_totals
-- Totals of all sessions. If the period ends within its last day, only that day's sessions that began
-- before the cut count, including what they did later.
SELECT coalesce(sum(sessions), 0)::bigint AS sessions, coalesce(sum(pages), 0)::bigint AS pages,
       coalesce(sum(bounces), 0)::bigint AS bounces,
       coalesce(sum(purchases), 0)::bigint AS purchases
  FROM (SELECT sessions, pages, bounces, purchases
          FROM sessions_daily
         WHERE {of_days} AND (%(include_bots)s OR NOT is_bot)
           AND (%(cut)s::timestamptz IS NULL OR day < %(end_day)s::date - 1)
        UNION ALL
        SELECT 1, pages, (pages <= 1 AND steps & 28 = 0)::int, (steps & 16 <> 0)::int
          FROM sessions
         WHERE store_id = %(store_id)s
           AND session_id <> ''
           AND day = %(end_day)s::date - 1
           -- No day is longer than two calendar days; the index is on this column.
           AND started_at >= %(cut)s::timestamptz - interval '2 days'
           AND started_at < %(cut)s::timestamptz
           AND (%(include_bots)s OR NOT is_bot)) AS counted;

-- name: pages
-- Pages by views, and by the sessions that began or ended there.
WITH grouped AS MATERIALIZED (
    SELECT page, sum(views)::bigint AS views, sum(entries)::bigint AS entries,
           sum(exits)::bigint AS exits
      FROM pages_daily
     WHERE {of_days} AND (%(include_bots)s OR NOT is_bot)
     GROUP BY page
    HAVING (sum(views), sum(entries), sum(exits)) <> (0, 0, 0)
), found AS (
    SELECT * FROM grouped
     WHERE %(search)s::text IS NULL OR strpos(lower(page), lower(%(search)s)) > 0
), placed AS (
    SELECT *, CASE WHEN %(sort)s <> 'name' THEN {sign}
              * CASE %(sort)s WHEN 'views' THEN views WHEN 'entries' THEN entries ELSE exits END END
              AS place_number,
           CASE %(sort)s WHEN 'name' THEN left(lower(page), 200) COLLATE "C" END AS place_text,
           left(page, 200) || ' ' || encode(text_hash(page), 'hex') AS place_id
      FROM found
), listing AS (
    SELECT * FROM placed WHERE {follows} ORDER BY {in_order} LIMIT %(count)s
), totals AS (
    SELECT coalesce(sum(views), 0)::bigint AS all_views,
           coalesce(sum(entries), 0)::bigint AS all_entries,
           coalesce(sum(exits), 0)::bigint AS all_exits, (SELECT count(*) FROM found) AS listed
      FROM grouped
)
SELECT nullif(page, '') AS page, views, entries, exits, place_number, place_text, place_id, totals.*
  FROM totals LEFT JOIN listing ON true
 ORDER BY {in_order};
