-- name: activity_rows
SELECT store_id::text, count(*) FROM customer_activity GROUP BY store_id;

-- name: activity_hourly
SELECT store_id::text, sum(events)::bigint FROM activity_hourly GROUP BY store_id;

-- name: activity_sessions
-- Derived events belong to no session.
SELECT store_id::text, sum(events)::bigint
  FROM (SELECT store_id, sum(events) AS events FROM sessions GROUP BY store_id
        UNION ALL
        SELECT store_id, count(*) FROM customer_activity
         WHERE activity_type = 'custom' AND source = 'server'
           AND name IN ('cart_abandoned', 'checkout_abandoned')
         GROUP BY store_id) AS counted
 GROUP BY store_id;

-- name: funnel_daily
WITH counted AS (
    SELECT store_id, day, step, is_bot, count(*) AS sessions
      FROM sessions
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

-- name: sessions_daily
-- A row is shown if any figure differs; the sessions of both sides are printed.
WITH counted AS (
    SELECT store_id, day, is_bot, coalesce(utm_source, source, '') AS source,
           coalesce(utm_medium, '') AS medium, coalesce(utm_campaign, '') AS campaign,
           coalesce(country, '') AS country,
           count(*) AS sessions, sum(events) AS events, sum(pages) AS pages,
           count(*) FILTER (WHERE pages <= 1 AND steps & 28 = 0) AS bounces,
           count(*) FILTER (WHERE steps & 16 <> 0) AS purchases,
           sum((1000 * extract(epoch FROM ended_at - started_at))::bigint) AS duration_ms
      FROM sessions
     GROUP BY 1, 2, 3, 4, 5, 6, 7
)
SELECT store_id::text, concat_ws(' ', day, source, medium, campaign, country),
       coalesce(counted.sessions, 0), coalesce(stored.sessions, 0)
  FROM counted
  FULL JOIN (SELECT * FROM sessions_daily
              WHERE (sessions, events, pages, bounces, purchases, duration_ms)
                    <> (0, 0, 0, 0, 0, 0)) AS stored
       USING (store_id, day, is_bot, source, medium, campaign, country)
 WHERE (counted.sessions, counted.events, counted.pages, counted.bounces, counted.purchases,
        counted.duration_ms)
       IS DISTINCT FROM (stored.sessions, stored.events, stored.pages, stored.bounces,
                         stored.purchases, stored.duration_ms)
 ORDER BY 1, 2 LIMIT 20;

-- name: entries_and_exits
-- Prints entries and exits of a page as one sum.
WITH counted AS (
    SELECT store_id, day, page, is_bot, sum(entry) AS entries, sum(exit) AS exits
      FROM sessions
     CROSS JOIN LATERAL (VALUES (entry_page, 1, 0), (exit_page, 0, 1)) AS edge (page, entry, exit)
     WHERE page IS NOT NULL
     GROUP BY store_id, day, page, is_bot
)
SELECT store_id::text, concat_ws(' ', day, page), coalesce(counted.entries + counted.exits, 0),
       coalesce(stored.entries + stored.exits, 0)
  FROM counted
  FULL JOIN (SELECT * FROM pages_daily WHERE (entries, exits) <> (0, 0)) AS stored
       USING (store_id, day, page, is_bot)
 WHERE (counted.entries, counted.exits) IS DISTINCT FROM (stored.entries, stored.exits)
 ORDER BY 1, 2 LIMIT 20;

-- name: order_lines
-- The lines of orders equal the items in their rows; the units of both are printed. The products of an order
-- without items are only in the lines. Orders with returned items are left to the recount.
WITH returned AS (
    SELECT DISTINCT store_id, order_id
      FROM order_refunds r JOIN order_tellings t USING (store_id, number)
     WHERE r.items IS NOT NULL
), listed AS (
    SELECT o.store_id, o.order_id, line.product_id, o.day, o.is_bot,
           coalesce(o.items_currency, '') AS currency, sum(line.quantity)::bigint AS units,
           sum(line.quantity * line.price) AS revenue
      FROM orders o
     CROSS JOIN LATERAL jsonb_to_recordset(o.items)
           AS line(product_id text, quantity bigint, price numeric)
     WHERE o.status IN ('paid', 'refunded') AND o.items IS NOT NULL
     GROUP BY o.store_id, o.order_id, line.product_id
), counted AS (
    SELECT * FROM listed
     UNION ALL
    SELECT l.store_id, l.order_id, l.product_id, o.day, o.is_bot, l.currency, l.units, l.revenue
      FROM order_lines l JOIN orders o USING (store_id, order_id)
     WHERE o.status IN ('paid', 'refunded') AND o.items IS NULL
)
SELECT store_id::text, concat('order ', order_id, ' product ', product_id),
       coalesce(counted.units, 0), coalesce(stored.units, 0)
  FROM counted
  FULL JOIN order_lines AS stored USING (store_id, order_id, product_id)
 WHERE (counted.day, counted.is_bot, counted.currency, counted.units, counted.revenue)
       IS DISTINCT FROM
       (stored.day, stored.is_bot, stored.currency, stored.units, stored.revenue)
   AND (store_id, order_id) NOT IN (SELECT store_id, order_id FROM returned)
 ORDER BY 1, 2 LIMIT 20;

-- name: pages_daily
-- store_day is called once per quarter of an hour: all time zones differ from UTC by whole quarters.
WITH told AS (
    SELECT store_id, date_bin('15 minutes', occurred_at, '2000-01-01Z') AS at, is_bot, count(*) AS views
      FROM customer_activity
     WHERE activity_type = 'page_view'
     GROUP BY 1, 2, 3
), of_rows AS (
    SELECT store_id, store_day(store_id, at) AS day, is_bot, sum(views)::bigint AS views
      FROM told GROUP BY 1, 2, 3
), stored AS (
    SELECT store_id, day, is_bot, sum(views)::bigint AS views
      FROM pages_daily WHERE views <> 0 GROUP BY 1, 2, 3
)
SELECT store_id::text, concat(day, CASE WHEN is_bot THEN ' robots' END),
       coalesce(of_rows.views, 0), coalesce(stored.views, 0)
  FROM of_rows FULL JOIN stored USING (store_id, day, is_bot)
 WHERE of_rows.views IS DISTINCT FROM stored.views
 ORDER BY 1, 2 LIMIT 20;

-- name: visitors_daily
-- Covers activity and landing pages. Days with as many visitors, but different ones, differ too.
WITH told AS (
    SELECT store_id, date_bin('15 minutes', occurred_at, '2000-01-01Z') AS at,
           coalesce(visitor_id, 's:' || session_id) COLLATE "C" AS visitor
      FROM customer_activity
     WHERE NOT is_bot
       AND NOT (activity_type = 'custom' AND source = 'server'
                AND coalesce(name, '') IN ('cart_abandoned', 'checkout_abandoned'))
     UNION
    SELECT store_id, date_bin('15 minutes', occurred_at, '2000-01-01Z'),
           coalesce(visitor_id, 's:' || session_id) COLLATE "C"
      FROM landing_events WHERE NOT is_bot
), days AS (
    SELECT store_id, at, store_day(store_id, at) AS day FROM (SELECT DISTINCT store_id, at FROM told) AS t
), of_rows AS (
    SELECT DISTINCT store_id, day, visitor, true AS is_told FROM told JOIN days USING (store_id, at)
), stored AS (
    SELECT store_id, day, visitor, true AS is_stored FROM visitors_daily
)
SELECT store_id::text, concat(day, ' visitors'), count(is_told), count(is_stored)
  FROM of_rows FULL JOIN stored USING (store_id, day, visitor)
 GROUP BY store_id, day
HAVING bool_or(is_told IS NULL OR is_stored IS NULL)
 ORDER BY 1, day LIMIT 20;

-- name: visitors_hourly
-- Each visitor of a day in visitors_daily has an hour of that day in visitors_hourly.
WITH hours AS (
    SELECT DISTINCT store_id, day, visitor, true AS is_in_hours FROM visitors_hourly
), days AS (
    SELECT store_id, day, visitor, true AS is_in_days FROM visitors_daily
)
SELECT store_id::text, concat(day, ' visitors'), count(is_in_days), count(is_in_hours)
  FROM days FULL JOIN hours USING (store_id, day, visitor)
 GROUP BY store_id, day
HAVING bool_or(is_in_days IS NULL OR is_in_hours IS NULL)
 ORDER BY 1, day LIMIT 20;

-- name: custom_events_daily
-- Covers activity, landing pages and bots. The recount compares the names.
WITH told AS (
    SELECT store_id, date_bin('15 minutes', occurred_at, '2000-01-01Z') AS at, 'activity' AS stream,
           is_bot, count(*) AS events
      FROM customer_activity WHERE activity_type = 'custom' GROUP BY 1, 2, 4
    UNION ALL
    SELECT store_id, date_bin('15 minutes', occurred_at, '2000-01-01Z'), 'landing', is_bot, count(*)
      FROM landing_events WHERE event_type = 'Custom' GROUP BY 1, 2, 4
    UNION ALL
    SELECT store_id, date_bin('15 minutes', occurred_at, '2000-01-01Z'), 'bot', is_bot, count(*)
      FROM tg_analytics_events WHERE event_type = 'custom' GROUP BY 1, 2, 4
), of_rows AS (
    SELECT store_id, store_day(store_id, at) AS day, stream, is_bot, sum(events)::bigint AS events
      FROM told GROUP BY 1, 2, 3, 4
), stored AS (
    SELECT store_id, day, stream, is_bot, sum(events)::bigint AS events
      FROM custom_events_daily GROUP BY 1, 2, 3, 4
)
SELECT store_id::text, concat_ws(' ', day, stream, CASE WHEN is_bot THEN 'robots' END),
       coalesce(of_rows.events, 0), coalesce(stored.events, 0)
  FROM of_rows FULL JOIN stored USING (store_id, day, stream, is_bot)
 WHERE of_rows.events IS DISTINCT FROM stored.events
 ORDER BY 1, 2 LIMIT 20;
