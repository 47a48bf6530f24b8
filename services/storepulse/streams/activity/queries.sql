-- Reads of customer activity. Filters that are null do not filter.

-- fragment: of_visitor
-- By the hash, as the indexes of visitors go.
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
-- Views are found by walking from the newest: not before the last hour that has any of the type.
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
-- Custom events of one name, the newest first, of which only so many are looked through for those that
-- say all the values. Each row says how many that were, and which was the last one;
-- where none is found, there is one row of that alone.
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
           AND session_id <> ''
           AND day = %(end_day)s::date - 1
           -- No day is longer than two; the index goes by this column.
           AND started_at >= %(cut)s::timestamptz - interval '2 days'
           AND started_at < %(cut)s::timestamptz
           AND (%(include_bots)s OR NOT is_bot)) AS counted
 GROUP BY step
 ORDER BY step;

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

-- name: closed_views
-- What closed days add up to, for `products`; so are the others of this name for theirs.
SELECT count(*) AS entries, coalesce(array_agg(product_id), '{}')::text AS viewed_products,
       coalesce(array_agg(views), '{}')::text AS views, coalesce(array_agg(adds), '{}')::text AS adds,
       coalesce(array_agg(removes), '{}')::text AS removes
  FROM (SELECT product_id, sum(views)::bigint AS views, sum(adds)::bigint AS adds,
               sum(removes)::bigint AS removes
          FROM activity_products_daily
         WHERE {of_closed_days}
         GROUP BY product_id
         LIMIT %(most)s + 1) AS viewed;

-- name: closed_sales
SELECT count(*) AS entries, coalesce(array_agg(product_id), '{}')::text AS sold_products,
       coalesce(array_agg(currency), '{}')::text AS currencies,
       coalesce(array_agg(purchases), '{}')::text AS purchases,
       coalesce(array_agg(units), '{}')::text AS units,
       coalesce(array_agg(revenue), '{}')::text AS revenues
  FROM (SELECT product_id, currency, sum(purchases)::bigint AS purchases,
               sum(units)::bigint AS units, sum(revenue) AS revenue
          FROM (SELECT product_id, currency, 1 AS purchases, units, revenue
                  FROM order_lines WHERE {of_closed_days}
                 UNION ALL
                SELECT product_id, currency, purchases, units, revenue
                  FROM product_sales_daily WHERE {of_closed_days}) AS told
         GROUP BY product_id, currency
         LIMIT %(most)s + 1) AS sold;

-- name: products
-- What was bought are the lines of orders, and products of the purchases that name no order.
WITH seen AS (
    SELECT product_id, sum(views)::bigint AS views, sum(adds)::bigint AS adds,
           sum(removes)::bigint AS removes
      FROM (SELECT * FROM unnest(%(viewed_products)s::text[], %(views)s::bigint[], %(adds)s::bigint[],
                                 %(removes)s::bigint[])
                          AS closed (product_id, views, adds, removes)
             UNION ALL
            SELECT product_id, views, adds, removes
              FROM activity_products_daily WHERE {of_days_since}) AS told
     GROUP BY product_id
), sold AS MATERIALIZED (
    SELECT product_id, currency, sum(purchases) AS purchases, sum(units) AS units,
           sum(revenue) AS revenue
      FROM (SELECT * FROM unnest(%(sold_products)s::text[], %(currencies)s::text[],
                                 %(purchases)s::bigint[], %(units)s::bigint[], %(revenues)s::numeric[])
                          AS closed (product_id, currency, purchases, units, revenue)
             UNION ALL
            SELECT product_id, currency, 1, units, revenue
              FROM order_lines WHERE {of_days} AND day >= %(sold_end)s::date
             UNION ALL
            SELECT product_id, currency, purchases, units, revenue
              FROM product_sales_daily WHERE {of_days} AND day >= %(sold_end)s::date) AS told
     GROUP BY product_id, currency
), bought AS (
    SELECT product_id, sum(purchases)::bigint AS purchases, sum(units)::bigint AS units
      FROM sold GROUP BY product_id
), first AS MATERIALIZED (
    SELECT product_id, coalesce(views, 0) AS views, coalesce(adds, 0) AS adds,
           coalesce(removes, 0) AS removes, coalesce(purchases, 0) AS purchases,
           coalesce(units, 0) AS units, count(*) OVER () AS listed
      FROM seen FULL JOIN bought USING (product_id)
     ORDER BY CASE %(sort)s WHEN 'views' THEN views WHEN 'adds' THEN adds
                            WHEN 'removes' THEN removes WHEN 'units' THEN units
                            ELSE purchases END DESC NULLS LAST,
              product_id
     LIMIT %(count)s
), money AS (
    SELECT product_id,
           jsonb_agg(jsonb_build_object('currency', currency, 'revenue', revenue::text)
                     ORDER BY currency) AS revenue
      FROM (SELECT product_id, currency, sum(revenue) AS revenue
              FROM sold
             WHERE product_id IN (SELECT product_id FROM first)
             GROUP BY product_id, currency) AS by_currency
     WHERE currency <> '' OR revenue <> 0
     GROUP BY product_id
), looked_at AS (
    -- The newest day's name; of those who bought only where nobody looked.
    SELECT first.product_id, newest.product_name
      FROM first
     CROSS JOIN LATERAL (
           SELECT product_name FROM activity_products_daily AS d
            WHERE {of_days} AND d.product_id = first.product_id AND product_name IS NOT NULL
            ORDER BY day DESC, product_name COLLATE "C" DESC LIMIT 1) AS newest
), nameless AS MATERIALIZED (
    SELECT product_id FROM first EXCEPT SELECT product_id FROM looked_at
), named AS (
    SELECT * FROM looked_at
    UNION ALL
    SELECT product_id, max(name COLLATE "C")
      FROM (SELECT product_id, name FROM order_lines
             WHERE {of_days} AND product_id IN (SELECT product_id FROM nameless)
            UNION ALL
            SELECT product_id, name FROM product_sales_daily
             WHERE {of_days} AND product_id IN (SELECT product_id FROM nameless)) AS names
     GROUP BY product_id
)
SELECT product_id, product_name, views, adds, removes, purchases, units,
       coalesce(revenue, '[]') AS revenue, listed
  FROM first
  LEFT JOIN money USING (product_id)
  LEFT JOIN named USING (product_id)
 ORDER BY CASE %(sort)s WHEN 'views' THEN views WHEN 'adds' THEN adds WHEN 'removes' THEN removes
                        WHEN 'units' THEN units ELSE purchases END DESC,
          product_id;

-- name: closed_searches
SELECT count(*) AS entries, coalesce(array_agg(term), '{}')::text AS terms,
       coalesce(array_agg(searches), '{}')::text AS searches
  FROM (SELECT term, sum(searches)::bigint AS searches
          FROM activity_searches_daily
         WHERE {of_closed_days}
         GROUP BY term
         LIMIT %(most)s + 1) AS searched;

-- name: searches
SELECT term, sum(searches)::bigint AS searches, count(*) OVER () AS listed
  FROM (SELECT * FROM unnest(%(terms)s::text[], %(searches)s::bigint[]) AS closed (term, searches)
         UNION ALL
        SELECT term, searches FROM activity_searches_daily WHERE {of_days_since}) AS told
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
