-- Activity: rows, sessions and their figures.

-- name: customer_activity
INSERT INTO customer_activity (event_id, store_id, session_id, visitor_id, correlation_id,
       occurred_at, received_at, activity_type, page_url, product_id, product_name, search_query,
       quantity, value, currency, source, consent_analytics, consent_marketing, ip, user_agent,
       country, is_bot)
SELECT {event_id}, store_id, session_id, visitor_id, 'c-' || substr(md5(m::text), 1, 24), at,
       at + interval '200 milliseconds', kind, 'https://' || domain || {paths},
       CASE WHEN kind IN ('product_view', 'add_to_cart', 'remove_from_cart') THEN 'p-' || item END,
       CASE WHEN kind IN ('product_view', 'add_to_cart', 'remove_from_cart') THEN 'Item ' || item END,
       CASE WHEN kind = 'search' THEN 'term ' || item END,
       CASE WHEN kind IN ('add_to_cart', 'remove_from_cart') THEN 1 END,
       CASE WHEN kind = 'purchase' THEN 10 + item %% 90 END, CASE WHEN kind = 'purchase' THEN 'EUR' END,
       'browser', 'granted', 'granted', '100.64.0.1',
       'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36',
       CASE WHEN a < 0.5 THEN 'DE' WHEN a < 0.7 THEN 'AT' ELSE 'US' END, is_bot
  FROM {acts};

-- name: sessions
INSERT INTO sessions (store_id, session_id, started_at, ended_at, day, visitor_id, steps, pages, events,
       is_bot, entry_at, entry_page, exit_at, exit_page, source, utm_source, utm_medium, utm_campaign,
       country)
SELECT store_id, session_id, began, began + (events - 1) * interval '40 seconds',
       (began AT TIME ZONE 'UTC')::date, visitor_id, (ARRAY[1, 1, 1, 1, 3, 3, 7, 15, 31])[1 + n %% 9],
       1 + events / 2, events, is_bot, began,
       CASE WHEN n %% 3 = 0 THEN '/' ELSE '/products/item-' || floor(500 * c * c * c) END,
       began + (events - 1) * interval '40 seconds', '/products/item-' || floor(500 * d * d * d),
       CASE WHEN b < 0.4 THEN 'google.com' WHEN b < 0.5 THEN 'host-' || n %% 40 || '.example' END,
       CASE WHEN c < 0.2 THEN 'newsletter' END, CASE WHEN c < 0.2 THEN 'email' END,
       CASE WHEN c < 0.2 THEN 'campaign-' || n %% 30 END,
       CASE WHEN a < 0.5 THEN 'DE' WHEN a < 0.7 THEN 'AT' ELSE 'US' END
  FROM {visits};

-- name: sessions_daily
INSERT INTO sessions_daily
SELECT store_id, day, is_bot, coalesce(utm_source, source, ''), coalesce(utm_medium, ''),
       coalesce(utm_campaign, ''), coalesce(country, ''), count(*), sum(events), sum(pages),
       count(*) FILTER (WHERE pages <= 1 AND steps & 28 = 0), count(*) FILTER (WHERE steps & 16 <> 0),
       sum(1000 * extract(epoch FROM ended_at - started_at))::bigint
  FROM sessions GROUP BY 1, 2, 3, 4, 5, 6, 7;

-- name: funnel_daily
INSERT INTO funnel_daily
SELECT store_id, day, step, is_bot, count(*)
  FROM sessions CROSS JOIN generate_series(0, 4) AS step
 WHERE steps & ((1 << (step + 1)) - 1) = (1 << (step + 1)) - 1
 GROUP BY 1, 2, 3, 4;

-- name: activity_hourly
INSERT INTO activity_hourly
SELECT store_id, date_trunc('hour', occurred_at, 'UTC'), activity_type, is_bot, count(*),
       coalesce(sum(quantity), 0)
  FROM customer_activity GROUP BY 1, 2, 3, 4;

-- name: activity_revenue_hourly
-- Half of the purchases name no order.
INSERT INTO activity_revenue_hourly
SELECT store_id, date_trunc('hour', occurred_at, 'UTC'), (occurred_at AT TIME ZONE 'UTC')::date, currency,
       is_bot, count(*), sum(value)
  FROM customer_activity
 WHERE activity_type = 'purchase' AND get_byte(uuid_send(event_id), 15) < 128
 GROUP BY 1, 2, 3, 4, 5;

-- name: activity_products_daily
INSERT INTO activity_products_daily
SELECT store_id, (occurred_at AT TIME ZONE 'UTC')::date, product_id, is_bot, max(product_name COLLATE "C"),
       count(*) FILTER (WHERE activity_type = 'product_view'),
       count(*) FILTER (WHERE activity_type = 'add_to_cart'),
       count(*) FILTER (WHERE activity_type = 'remove_from_cart')
  FROM customer_activity WHERE product_id IS NOT NULL
 GROUP BY 1, 2, 3, 4 ORDER BY 2, text_hash(product_id);

-- name: activity_searches_daily
INSERT INTO activity_searches_daily
SELECT store_id, (occurred_at AT TIME ZONE 'UTC')::date, search_query, is_bot, count(*)
  FROM customer_activity WHERE activity_type = 'search' GROUP BY 1, 2, 3, 4 ORDER BY 2, text_hash(search_query);

-- name: visitors_daily
INSERT INTO visitors_daily
SELECT DISTINCT store_id, (started_at AT TIME ZONE 'UTC')::date, visitor_id FROM sessions WHERE NOT is_bot
 ORDER BY 1, 3, 2;

-- name: visitors_hourly
INSERT INTO visitors_hourly
SELECT DISTINCT store_id, (occurred_at AT TIME ZONE 'UTC')::date, date_trunc('hour', occurred_at, 'UTC'),
       visitor_id
  FROM customer_activity WHERE NOT is_bot ORDER BY 1, 2, 3, 4;

-- name: pages_daily
INSERT INTO pages_daily
SELECT store_id, day, text_hash(page), is_bot, page, sum(views), sum(entries), sum(exits)
  FROM (SELECT store_id, (occurred_at AT TIME ZONE 'UTC')::date AS day, substr(page_url, 23) AS page,
               is_bot, 1 AS views, 0 AS entries, 0 AS exits
          FROM customer_activity WHERE activity_type = 'page_view'
        UNION ALL
        SELECT store_id, day, page, is_bot, 0, entry, exit
          FROM sessions
         CROSS JOIN LATERAL (VALUES (entry_page, 1, 0), (exit_page, 0, 1)) AS edge (page, entry, exit))
       AS told
 GROUP BY store_id, day, page, is_bot
 ORDER BY 2, 3;
