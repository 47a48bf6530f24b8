-- A database as after 75 days of work: visits of five stores, of which one has most, and all that is
-- counted of them. A visit is a number; what it did follows from hashes of it, so that each fill is
-- alike. Figures are made of the rows by the rules of the rollups, day by day as slices would.
--
-- Statements run in this order. One with `lower` and `upper` runs for parts of the visits, side by
-- side; one more table is one more statement.

-- fragment: visits
generate_series(%(lower)s::bigint, %(upper)s::bigint) AS n
 CROSS JOIN LATERAL (
       SELECT (hashint8extended(n, 1) & 1048575) / 1048576.0::float8 AS a,
              (hashint8extended(n, 2) & 1048575) / 1048576.0::float8 AS b,
              (hashint8extended(n, 3) & 1048575) / 1048576.0::float8 AS c,
              (hashint8extended(n, 4) & 1048575) / 1048576.0::float8 AS d) AS chance
 CROSS JOIN LATERAL (
       SELECT ('6f1f3c1e-8c9b-5d3a-9a52-00000000000'
               || CASE WHEN a < 0.8 THEN 0 WHEN a < 0.9 THEN 1 WHEN a < 0.96 THEN 2
                       WHEN a < 0.995 THEN 3 ELSE 4 END)::uuid AS store_id,
              CASE WHEN a < 0.8 THEN 'shop-0' WHEN a < 0.9 THEN 'shop-1' WHEN a < 0.96 THEN 'shop-2'
                   WHEN a < 0.995 THEN 'shop-3' ELSE 'shop-4' END || '.example' AS domain,
              's-' || substr(md5(n::text), 1, 24) AS session_id,
              'v-' || substr(md5('v' || floor(b * b * %(visits)s::bigint * 0.4)::bigint), 1, 24)
                  AS visitor_id,
              date_trunc('milliseconds',
                  %(now)s::timestamptz - (%(visits)s::bigint - n)
                                         * (interval '75 days' / %(visits)s::bigint)
                                       - interval '10 minutes') AS began,
              1 + floor(11 * c)::int AS events,
              d < 0.03 AS is_bot
       OFFSET 0) AS visit

-- fragment: acts
{visits}
 CROSS JOIN generate_series(0, visit.events - 1) AS place
 CROSS JOIN LATERAL (
       SELECT n * 16 + place AS m,
              (hashint8extended(n * 16 + place, 5) & 1048575) / 1048576.0::float8 AS p,
              (hashint8extended(n * 16 + place, 6) & 1048575) / 1048576.0::float8 AS q
       OFFSET 0) AS act
 CROSS JOIN LATERAL (
       SELECT CASE WHEN place = 0 OR p < 0.55 THEN 'page_view' WHEN p < 0.8 THEN 'product_view'
                   WHEN p < 0.86 THEN 'add_to_cart' WHEN p < 0.88 THEN 'remove_from_cart'
                   WHEN p < 0.94 THEN 'search' WHEN p < 0.97 THEN 'checkout_start'
                   WHEN p < 0.99998 THEN 'purchase' ELSE 'custom' END AS kind,
              floor(5000 * q * q * q)::int AS item,
              visit.began + place * interval '40 seconds' AS at
       OFFSET 0) AS told

-- fragment: event_id
(lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
         || substr(md5(m::text), 1, 3) || 'a' || substr(md5(m::text), 4, 15))::uuid

-- fragment: paths
CASE WHEN item %% 10 = 0 THEN '/' ELSE '/products/item-' || item %% 500 END

-- name: partitions
SELECT ensure_partitions(now() - months * interval '1 month') FROM generate_series(0, 3) AS months;

-- name: stores
INSERT INTO stores (store_id, domain, name)
SELECT ('6f1f3c1e-8c9b-5d3a-9a52-' || lpad(to_hex(n), 12, '0'))::uuid, 'shop-' || n || '.example',
       'Shop ' || n
  FROM generate_series(0, 199) AS n
ON CONFLICT DO NOTHING;

-- name: api_keys
INSERT INTO api_keys (line_id, kind, key_hash, hint, store_id, created_at)
SELECT gen_random_uuid(), 'publishable', sha256(n::text::bytea), 'spk_' || n,
       ('6f1f3c1e-8c9b-5d3a-9a52-' || lpad(to_hex(n %% 200), 12, '0'))::uuid,
       %(now)s::timestamptz - n * interval '1 hour'
  FROM generate_series(1, 1000) AS n;

-- name: admin_audit
INSERT INTO admin_audit (at, who, store_id, action, object)
SELECT %(now)s::timestamptz - n * interval '10 minutes', 'cli',
       ('6f1f3c1e-8c9b-5d3a-9a52-' || lpad(to_hex(n %% 200), 12, '0'))::uuid, 'key_created', 'key-' || n
  FROM generate_series(1, 10000) AS n;

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

-- name: pages_daily
INSERT INTO pages_daily
SELECT store_id, day, text_hash(page), is_bot, page, views
  FROM (SELECT store_id, (occurred_at AT TIME ZONE 'UTC')::date AS day,
               substr(page_url, 23) AS page, is_bot, count(*) AS views
          FROM customer_activity WHERE activity_type = 'page_view' GROUP BY 1, 2, 3, 4) AS seen
 ORDER BY 2, 3;

-- name: session_pages_daily
INSERT INTO session_pages_daily
SELECT store_id, day, text_hash(page), is_bot, page, sum(entry), sum(exit)
  FROM sessions
 CROSS JOIN LATERAL (VALUES (entry_page, 1, 0), (exit_page, 0, 1)) AS edge (page, entry, exit)
 GROUP BY store_id, day, page, is_bot
 ORDER BY 2, 3;

-- name: heatmap_names
-- 400 pages of the large store, 40 of each other one.
INSERT INTO pages (store_id, page)
SELECT ('6f1f3c1e-8c9b-5d3a-9a52-00000000000' || store)::uuid,
       CASE page WHEN 0 THEN '/' ELSE '/products/item-' || page END
  FROM generate_series(0, 4) AS store
 CROSS JOIN LATERAL generate_series(0, CASE store WHEN 0 THEN 399 ELSE 39 END) AS page;

-- name: heatmap_cells
-- Pointers rest near the middles of 36 elements, of which some attract most.
INSERT INTO heatmap_cells
SELECT p.page_id, date_trunc('hour', began, 'UTC'),
       (ARRAY['mobile', 'tablet', 'desktop', 'unknown']::heatmap_device[])[1 + n %% 4],
       (ARRAY['click', 'click', 'hover']::heatmap_kind[])[1 + place %% 3],
       (mod(element, 6) * 20 + 8 + (hashint8extended(n, 20 + place) & 3)
                               + (hashint8extended(n, 21 + place) & 3))::smallint,
       (element / 6 * 24 + 3 + (hashint8extended(n, 30 + place) & 3))::smallint,
       is_bot, 1 + place, 100
  FROM {visits}
 CROSS JOIN generate_series(0, 2) AS place
 CROSS JOIN LATERAL (
       SELECT (hashint8extended(n, 40 + place) & 1048575) / 1048576.0::float8 AS q,
              floor(36 * power((hashint8extended(n, 50 + place) & 1048575) / 1048576.0::float8, 2))::int
                  AS element) AS draw
 CROSS JOIN LATERAL (
       SELECT page_id FROM pages
        WHERE pages.store_id = visit.store_id
          AND page_hash = text_hash(CASE floor(CASE WHEN a < 0.8 THEN 400 ELSE 40 END * q * q)
              WHEN 0 THEN '/'
              ELSE '/products/item-' || floor(CASE WHEN a < 0.8 THEN 400 ELSE 40 END * q * q) END)) AS p
ON CONFLICT DO NOTHING;

-- name: heatmap_scroll
INSERT INTO heatmap_scroll
SELECT page_id, hour, device, 20 - mod(events * 7, 20)::smallint, is_bot, sum(events), count(*)
  FROM heatmap_cells WHERE "row" < 64 GROUP BY 1, 2, 3, 4, 5;

-- name: heatmap_pages_daily
INSERT INTO heatmap_pages_daily
SELECT page_id, (hour AT TIME ZONE 'UTC')::date, is_bot, sum(pointed), sum(scrolled)
  FROM (SELECT page_id, hour, is_bot, events AS pointed, 0 AS scrolled FROM heatmap_cells
        UNION ALL
        SELECT page_id, hour, is_bot, 0, events FROM heatmap_scroll) AS told
 GROUP BY 1, 2, 3;

-- name: heatmap_elements
INSERT INTO heatmap_elements
SELECT page_id, hour, device, 'main > div:nth-child(' || 1 + col / 20 + "row" / 24 * 6 || ') > a.link', is_bot,
       sum(events) FILTER (WHERE kind = 'click'), 0, 0, 0, sum(dwell_ms)
  FROM heatmap_cells WHERE kind = 'click' GROUP BY 1, 2, 3, 4, 5;

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

-- name: images
-- Half of the images that were generated are in carts.
INSERT INTO images
SELECT store_id, text_hash('https://cdn.example/image-' || n || '.png'),
       '0:' || n || ':bench', began, (began AT TIME ZONE 'UTC')::date,
       'p-' || floor(5000 * c * c * c), is_bot, n %% 4 = 0 AND NOT is_bot, n %% 4 = 0 AND is_bot
  FROM {visits} WHERE n %% 2 = 0;

-- name: landing_events
INSERT INTO landing_events (event_id, store_id, session_id, visitor_id, correlation_id, occurred_at,
       received_at, event_type, event_name, landing_page_id, campaign_id, source, consent_analytics,
       consent_marketing, is_bot)
SELECT {event_id}, store_id, session_id, visitor_id, 'c-' || substr(md5(m::text), 1, 24), at,
       at + interval '200 milliseconds', CASE WHEN n %% 3 = 0 THEN 'click' ELSE 'view' END,
       CASE WHEN n %% 3 = 0 THEN 'click' ELSE 'view' END, 'landing-' || floor(60 * c * c),
       CASE WHEN n %% 2 = 0 THEN 'campaign-' || n %% 30 END, 'browser', 'granted', 'granted', is_bot
  FROM {visits}
 CROSS JOIN LATERAL (SELECT n AS m, began AS at OFFSET 0) AS seen;

-- name: landing_hourly
INSERT INTO landing_hourly
SELECT store_id, landing_page_id, coalesce(campaign_id, ''), date_trunc('hour', occurred_at, 'UTC'),
       (occurred_at AT TIME ZONE 'UTC')::date, is_bot, count(*) FILTER (WHERE event_type = 'view'),
       count(*) FILTER (WHERE event_type = 'click'), 0, 0, 0, count(DISTINCT session_id)
  FROM landing_events GROUP BY 1, 2, 3, 4, 5, 6;

-- name: landing_sessions
INSERT INTO landing_sessions
SELECT store_id, landing_page_id, coalesce(campaign_id, ''), date_trunc('hour', occurred_at, 'UTC'),
       (occurred_at AT TIME ZONE 'UTC')::date, session_id, is_bot
  FROM landing_events
ON CONFLICT DO NOTHING;

-- name: landing_revenue_hourly
INSERT INTO landing_revenue_hourly
SELECT store_id, landing_page_id, campaign_id, hour, day, 'EUR', is_bot, 1, 20
  FROM landing_hourly WHERE views > 3;

-- name: orders
-- Every 25th visit orders.
INSERT INTO orders (store_id, order_id, counted_at, day, first_word, landing_page_id, campaign_id, status,
       amount, currency, refunded, session_id, visitor_id, is_bot)
SELECT store_id, '#' || n, began, (began AT TIME ZONE 'UTC')::date, 'bench',
       CASE WHEN n %% 2 = 0 THEN 'landing-' || floor(60 * c * c) END,
       CASE WHEN n %% 2 = 0 THEN 'campaign-' || n %% 30 END,
       (ARRAY['paid', 'paid', 'paid', 'refunded', 'created']::order_status[])[1 + n / 25 %% 5],
       20 + n %% 80, 'EUR', CASE WHEN n / 25 %% 5 = 3 THEN 5 ELSE 0 END, session_id, visitor_id, is_bot
  FROM {visits} WHERE n %% 25 = 0;

-- name: order_lines
INSERT INTO order_lines
SELECT store_id, '#' || n, 'p-' || (floor(5000 * c * c * c)::int + line) %% 5000,
       (began AT TIME ZONE 'UTC')::date, 'EUR', is_bot, 'bench', 'Item', 1, 20
  FROM {visits} CROSS JOIN generate_series(0, (n %% 2)::int) AS line WHERE n %% 25 = 0 AND n / 25 %% 5 <> 4;

-- name: product_sales_daily
INSERT INTO product_sales_daily
SELECT store_id, day, product_id, 'EUR', is_bot, product_name, 1, 1, 20
  FROM activity_products_daily WHERE adds > 1;

-- name: weeks
INSERT INTO cart_products_weekly
SELECT store_id, date_trunc('week', day)::date, product_id, store_name, is_bot, sum(carts),
       sum(generated_images)
  FROM cart_products_daily GROUP BY 1, 2, 3, 4, 5 ORDER BY 2, text_hash(product_id);
-- name: destinations
INSERT INTO destinations (destination_id, name, kind, status, config)
SELECT ('0d5f3c1e-8c9b-4d3a-9a52-00000000000' || n)::uuid, 'webhook-' || n, 'webhook', 'paused',
       '{"url": "https://receiver.example/"}'
  FROM generate_series(0, 4) AS n;

-- name: deliveries
-- Of every other visit one event, at one of the destinations.
INSERT INTO deliveries (destination_id, store_id, event_id, received_at, stream, event_type, priority,
       status, attempts, created_at, finished_at, key, value, source_topic, source_topic_id,
       source_partition, source_offset)
SELECT ('0d5f3c1e-8c9b-4d3a-9a52-00000000000' || n / 2 %% 5)::uuid, store_id, {event_id}, at, 'activity',
       'page_view', 1, CASE WHEN n %% 5000 = 0 THEN 'failed' ELSE 'sent' END, 1, at, at + interval '1 second',
       'key', decode(repeat('00', 200), 'hex'), 'events', 'bench', 0, n
  FROM {visits}
 CROSS JOIN LATERAL (SELECT n * 16 AS m, began AS at OFFSET 0) AS told
 WHERE n %% 2 = 0;

-- name: dead_letters
INSERT INTO dead_letters (stream, stage, status, reason, topic, topic_id, partition, "offset", store_id,
       received_at, value, code_version, created_at)
SELECT (ARRAY['activity', 'cart', 'heatmap'])[1 + n %% 3], 'agent',
       CASE WHEN n %% 4 = 0 THEN 'open' ELSE 'resolved' END, 'reason ' || n %% 12, 'dlq', 'bench', 0, n,
       store_id, began, decode(repeat('00', 300), 'hex'), 'bench', began
  FROM {visits} WHERE n %% 50 = 0;

-- name: vacuum
VACUUM (ANALYZE);

-- name: known
-- Of a store, what its reads are asked about: a visit of the last days, and more that exists.
SELECT s.session_id, s.visitor_id, s.started_at,
       (SELECT visitor_id FROM sessions WHERE store_id = s.store_id AND started_at > s.started_at - interval '1 day'
         GROUP BY visitor_id ORDER BY count(*) DESC, visitor_id LIMIT 1) AS frequent_visitor_id,
       (SELECT c.session_id FROM cart_tracking_events c
         WHERE c.store_id = s.store_id AND c.created_at > s.started_at - interval '1 day'
           AND c.normalised_email IS NOT NULL
         ORDER BY c.created_at DESC LIMIT 1) AS cart_session_id,
       (SELECT c.normalised_email FROM cart_tracking_events c
         WHERE c.store_id = s.store_id AND c.created_at > s.started_at - interval '1 day'
           AND c.normalised_email IS NOT NULL
         ORDER BY c.created_at DESC LIMIT 1) AS email,
       (SELECT d.event_id FROM deliveries d WHERE d.received_at > s.started_at - interval '1 day'
         ORDER BY d.received_at DESC LIMIT 1) AS delivered_event_id,
       (SELECT dead_letter_id FROM dead_letters ORDER BY created_at DESC LIMIT 1) AS dead_letter_id,
       (SELECT key_id FROM api_keys ORDER BY created_at DESC LIMIT 1) AS key_id
  FROM sessions s
 WHERE s.store_id = %(store_id)s::uuid AND s.session_id <> '' AND NOT s.is_bot AND s.events > 4
   AND s.started_at < %(now)s::timestamptz - interval '3 days'
   AND s.started_at > %(now)s::timestamptz - interval '4 days'
 ORDER BY s.started_at DESC LIMIT 1;
