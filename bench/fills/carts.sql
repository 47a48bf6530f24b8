-- Carts, and images in them.

-- name: cart_tracking_events
INSERT INTO cart_tracking_events (id, event_id, store_id, store_name, product_id, product_title,
       customer_email, normalised_email, generated_image_url, session_id, visitor_id, correlation_id,
       source, consent_analytics, consent_marketing, is_bot, occurred_at, created_at)
SELECT substr(md5(m::text), 1, 24), {event_id}, store_id, domain, 'p-' || item, 'Item ' || item,
       CASE WHEN b < 0.3 THEN 'Person' || floor(b * 300000) || '@example.com' END,
       CASE WHEN b < 0.3 THEN 'person' || floor(b * 300000) || '@example.com' END,
       CASE WHEN n %% 4 = 0 THEN 'https://cdn.example/image-' || n || '.png' END,
       session_id, visitor_id, 'c-' || substr(md5(m::text), 1, 24), 'browser', 'granted', 'granted', is_bot,
       at, at + interval '200 milliseconds'
  FROM {visits}
 CROSS JOIN LATERAL (
       SELECT n AS m, began + interval '1 minute' AS at, floor(5000 * c * c * c)::int AS item
       OFFSET 0) AS cart;

-- name: cart_hourly
INSERT INTO cart_hourly
SELECT store_id, date_trunc('hour', occurred_at, 'UTC'), (occurred_at AT TIME ZONE 'UTC')::date, store_name,
       is_bot, count(*), count(generated_image_url), 0, 0
  FROM cart_tracking_events GROUP BY 1, 2, 3, 4, 5;

-- name: cart_products_daily
INSERT INTO cart_products_daily
SELECT store_id, (occurred_at AT TIME ZONE 'UTC')::date, product_id, store_name, is_bot, max(product_title),
       count(*), count(generated_image_url)
  FROM cart_tracking_events GROUP BY 1, 2, 3, 4, 5 ORDER BY 2, text_hash(product_id);

-- name: cart_products_weekly
INSERT INTO cart_products_weekly
SELECT store_id, date_trunc('week', day)::date, product_id, store_name, is_bot, sum(carts),
       sum(generated_images)
  FROM cart_products_daily GROUP BY 1, 2, 3, 4, 5 ORDER BY 2, text_hash(product_id);

-- name: images
-- Half of the images that were generated are in carts.
INSERT INTO images
SELECT store_id, text_hash('https://cdn.example/image-' || n || '.png'),
       '0:' || n || ':bench', began, (began AT TIME ZONE 'UTC')::date,
       'p-' || floor(5000 * c * c * c), is_bot, n %% 4 = 0 AND NOT is_bot, n %% 4 = 0 AND is_bot
  FROM {visits} WHERE n %% 2 = 0;
