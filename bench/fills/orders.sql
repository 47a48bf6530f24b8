-- Orders and what was sold. Every 25th visit orders, and every 5th customer did before those days, up to
-- two years ago.

-- fragment: purchases
{visits}
 CROSS JOIN generate_series(0, CASE WHEN n %% 35 = 0 THEN 2 ELSE 0 END) AS place
 CROSS JOIN LATERAL (
       SELECT n * 16 + 8 + place AS m, began + place * interval '1 minute'
                  - CASE WHEN n %% 25 = 0 THEN 0 ELSE 1 + n %% 8 END * interval '75 days' AS at,
              n || CASE place WHEN 0 THEN '' ELSE '-' || place END AS order_id,
              (ARRAY['paid', 'paid', 'paid', 'refunded', 'created']::order_status[])[1 + n / 5 %% 5] AS status,
              n %% 3 <> 0 AS is_told, n %% 4 <> 0 OR n %% 3 = 0 AS is_seen
       OFFSET 0) AS ordered

-- name: orders
-- One in 10,000 is cancelled.
INSERT INTO orders (store_id, order_id, counted_at, day, first_word, landing_page_id, campaign_id, status,
       amount, currency, refunded, session_id, visitor_id, customer_id, order_name, channel, told_at, seen_at,
       is_bot)
SELECT store_id, order_id, at, (at AT TIME ZONE 'UTC')::date,
       to_char(at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSMS') || ':' || m,
       CASE WHEN n %% 2 = 0 THEN 'landing-' || floor(60 * c * c) END,
       CASE WHEN n %% 2 = 0 THEN 'campaign-' || n %% 30 END,
       CASE WHEN n %% 10000 = 5 THEN 'cancelled' ELSE status END, 20 + n %% 80, 'EUR',
       CASE status WHEN 'refunded' THEN 5 ELSE 0 END, session_id, visitor_id,
       CASE WHEN n %% 10 = 0 THEN (7000000000000 + n)::text END, '#' || order_id,
       CASE WHEN is_told THEN 'web' END, CASE WHEN is_told THEN at END, CASE WHEN is_seen THEN at END, is_bot
  FROM {purchases}
 WHERE n %% 5 = 0;

-- name: order_tellings
INSERT INTO order_tellings (store_id, number, order_id, counted_at, day, first_word, landing_page_id,
       campaign_id, status, amount, currency, refunded, session_id, visitor_id, customer_id, channel, told_at,
       seen_at, is_bot)
SELECT store_id, order_id, order_id, counted_at, day, first_word, landing_page_id, campaign_id, status, amount,
       currency, refunded, session_id, visitor_id, customer_id, channel, told_at, seen_at, is_bot
  FROM orders;

-- name: pixel_calls
-- Each pixel was called for seven of eight orders.
INSERT INTO pixel_calls (store_id, purchase, pixel, day, is_bot)
SELECT store_id, 'purchase:' || order_id, pixel, NULL, is_bot
  FROM orders
 CROSS JOIN unnest(ARRAY['meta', 'google']) AS pixel
 WHERE hashtext(order_id || pixel) & 7 <> 0;

-- name: order_events
INSERT INTO order_events (event_id, store_id, session_id, visitor_id, correlation_id, occurred_at, received_at,
       event_type, order_id, order_name, value, currency, channel, customer_id, source, consent_analytics,
       consent_marketing, is_bot)
SELECT {event_id}, store_id, session_id, visitor_id, 'c-' || substr(md5(m::text), 1, 24), at,
       at + interval '200 milliseconds', 'paid', order_id, '#' || order_id, 20 + n %% 80, 'EUR', 'web',
       (7000000000000 + n)::text, 'server', 'granted', 'granted', is_bot
  FROM {purchases}
 WHERE n %% 25 = 0 AND is_told;

-- name: order_hourly
INSERT INTO order_hourly
SELECT store_id, date_trunc('hour', occurred_at, 'UTC'), event_type, is_bot, count(*)
  FROM order_events GROUP BY 1, 2, 3, 4;

-- name: order_lines
INSERT INTO order_lines
SELECT store_id, order_id, 'p-' || (floor(5000 * c * c * c)::int + line) %% 5000,
       (at AT TIME ZONE 'UTC')::date, 'EUR', is_bot, 'bench', 'Item', 1, 20
  FROM {purchases}
 CROSS JOIN generate_series(0, (n %% 2)::int) AS line
 WHERE n %% 5 = 0 AND status <> 'created';

-- name: product_sales_daily
INSERT INTO product_sales_daily
SELECT store_id, day, product_id, 'EUR', is_bot, product_name, 1, 1, 20
  FROM activity_products_daily WHERE adds > 1;
