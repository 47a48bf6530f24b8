-- Searches of a store's days by term. Filters that are null do not apply.

-- fragment: of_days
store_id = %(store_id)s
   AND day >= coalesce(%(first_day)s::date, '-infinity')
   AND day < coalesce(%(end_day)s::date, 'infinity')
   AND (%(include_bots)s OR NOT is_bot)

-- fragment: of_closed_days
store_id = %(store_id)s
   AND day >= coalesce(%(first_day)s::date, '-infinity')
   AND day < %(closed_end)s::date
   AND (%(include_bots)s OR NOT is_bot)

-- fragment: of_days_since
{of_days} AND day >= %(closed_end)s::date

-- name: closed_searches
SELECT count(*) AS entries, coalesce(array_agg(term), '{}')::text AS terms,
       coalesce(array_agg(searches), '{}')::text AS searches
  FROM (SELECT term, sum(searches)::bigint AS searches
          FROM activity_searches_daily
         WHERE {of_closed_days}
         GROUP BY term
         LIMIT %(most)s + 1) AS searched;

-- name: searches
WITH counted AS MATERIALIZED (
    SELECT term, sum(searches)::bigint AS searches
      FROM (SELECT * FROM unnest(%(terms)s::text[], %(searches)s::bigint[]) AS closed (term, searches)
             UNION ALL
            SELECT term, searches FROM activity_searches_daily WHERE {of_days_since}) AS told
     GROUP BY term
), found AS (
    SELECT * FROM counted
     WHERE %(search)s::text IS NULL OR strpos(term, %(search)s) > 0
), placed AS (
    SELECT *, CASE WHEN %(sort)s <> 'name' THEN {sign} * searches END AS place_number,
           CASE %(sort)s WHEN 'name' THEN term COLLATE "C" END AS place_text, term AS place_id
      FROM found
), page AS (
    SELECT * FROM placed WHERE {follows} ORDER BY {in_order} LIMIT %(count)s
), totals AS (
    SELECT coalesce(sum(searches), 0)::bigint AS all_searches, (SELECT count(*) FROM found) AS listed
      FROM counted
)
SELECT term, searches, place_number, place_text, place_id, totals.*
  FROM totals LEFT JOIN page ON true
 ORDER BY {in_order};

-- name: searching_sessions
-- From the events themselves, up to `most` of them.
SELECT count(DISTINCT session_id) AS sessions
  FROM (SELECT session_id
          FROM customer_activity
         WHERE store_id = %(store_id)s
           AND activity_type = 'search'
           AND occurred_at >= coalesce(%(start)s::timestamptz, '-infinity')
           AND occurred_at < coalesce(%(end)s::timestamptz, 'infinity')
           AND (%(include_bots)s OR NOT is_bot)
           AND counted_name(search_query) <> ''
         LIMIT %(most)s) AS searched;
