-- Reads of cart tracking. Filters that are null do not filter. `named_store` is the id that is derived
-- from store_name, where no store id was asked for: a name then means the stores of that name alone.

-- fragment: of_store
(%(store_id)s::uuid IS NULL OR store_id = %(store_id)s)
   AND (%(named_store)s::uuid IS NULL OR store_id = ANY (%(named_store)s::uuid
        || ARRAY(SELECT s.store_id FROM stores s WHERE s.domain = %(store_name)s)))
   AND (%(store_name)s::text IS NULL OR store_name = %(store_name)s)

-- fragment: of_person
(%(session_id)s::text IS NULL OR session_id = %(session_id)s)
   AND (%(customer_email)s::text IS NULL OR customer_email = %(customer_email)s)
   AND (%(include_bots)s OR NOT is_bot)

-- fragment: in_hours
hour >= coalesce(%(start)s::timestamptz, '-infinity')
   AND hour < coalesce(%(end)s::timestamptz, 'infinity')

-- fragment: zone_of_steps
-- Hours are kept by UTC, whatever the zone.
CASE %(interval)s WHEN 'hour' THEN 'UTC' ELSE %(tz)s END

-- name: rows
SELECT id, event_id, store_id, store_name, product_id, product_title, product_url, variant_id,
       customer_email, customer_first_name, customer_last_name, generated_image_url,
       person_image_url, clothing_image_url, user_agent, host(ip_address) AS ip_address,
       session_id, visitor_id, correlation_id, is_bot, occurred_at, created_at, updated_at
  FROM cart_tracking_events
 WHERE created_at >= coalesce(%(start)s::timestamptz, '-infinity')
   AND created_at < coalesce(%(end)s::timestamptz, 'infinity')
   AND created_at <= coalesce(%(before)s::timestamptz, 'infinity')
   AND (%(before)s::timestamptz IS NULL OR created_at < %(before)s::timestamptz
        OR (event_id, store_id) > (%(after_id)s::uuid, %(after_store)s::uuid))
   AND {of_store}
   AND (%(product_id)s::text IS NULL OR product_id = %(product_id)s)
   AND {of_person}
 ORDER BY created_at DESC, event_id, store_id
 LIMIT %(count)s;

-- name: totals
SELECT coalesce(sum(carts), 0)::bigint AS carts,
       coalesce(sum(generated_images), 0)::bigint AS generated_images,
       coalesce(sum(person_images), 0)::bigint AS person_images,
       coalesce(sum(clothing_images), 0)::bigint AS clothing_images
  FROM cart_hourly
 WHERE {in_hours}
   AND {of_store}
   AND (%(include_bots)s OR NOT is_bot);

-- name: by_store
SELECT store_id, store_name,
       sum(carts)::bigint AS carts, sum(generated_images)::bigint AS generated_images
  FROM cart_hourly
 WHERE {in_hours}
   AND {of_store}
   AND (%(include_bots)s OR NOT is_bot)
 GROUP BY store_id, store_name
 ORDER BY sum(carts) DESC, store_name, store_id
 LIMIT %(count)s;

-- name: by_time
SELECT date_trunc(%(interval)s, hour, {zone_of_steps}) AS at,
       sum(carts)::bigint AS carts, sum(generated_images)::bigint AS generated_images
  FROM cart_hourly
 WHERE {in_hours}
   AND {of_store}
   AND (%(include_bots)s OR NOT is_bot)
 GROUP BY 1
 ORDER BY 1;

-- name: by_product
SELECT p.product_id,
       (array_agg(p.product_title ORDER BY p.day DESC) FILTER (WHERE p.product_title IS NOT NULL))[1]
           AS product_title,
       sum(p.carts)::bigint AS carts, sum(p.generated_images)::bigint AS generated_images
  FROM cart_products_daily p
 WHERE p.day >= coalesce(%(first_day)s::date, '-infinity')
   AND p.day < coalesce(%(end_day)s::date, 'infinity')
   AND (%(store_id)s::uuid IS NULL OR p.store_id = %(store_id)s)
   AND (%(named_store)s::uuid IS NULL OR p.store_id = ANY (%(named_store)s::uuid
        || ARRAY(SELECT s.store_id FROM stores s WHERE s.domain = %(store_name)s)))
   -- Products are kept per store; cart_hourly knows the store's names.
   AND (%(store_name)s::text IS NULL
        OR p.store_id IN (SELECT h.store_id FROM cart_hourly h WHERE h.store_name = %(store_name)s))
   AND (%(include_bots)s OR NOT p.is_bot)
 GROUP BY p.product_id
 ORDER BY sum(p.carts) DESC, p.product_id
 LIMIT %(count)s;

-- name: person_totals
-- This and the next ones: the same figures of one session or customer, from the rows themselves.
SELECT count(*) AS carts, count(generated_image_url) AS generated_images,
       count(person_image_url) AS person_images, count(clothing_image_url) AS clothing_images
  FROM cart_tracking_events
 WHERE occurred_at >= coalesce(%(start)s::timestamptz, '-infinity')
   AND occurred_at < coalesce(%(end)s::timestamptz, 'infinity')
   AND {of_store}
   AND {of_person};

-- name: person_by_store
SELECT store_id, store_name, count(*) AS carts, count(generated_image_url) AS generated_images
  FROM cart_tracking_events
 WHERE occurred_at >= coalesce(%(start)s::timestamptz, '-infinity')
   AND occurred_at < coalesce(%(end)s::timestamptz, 'infinity')
   AND {of_store}
   AND {of_person}
 GROUP BY store_id, store_name
 ORDER BY count(*) DESC, store_name, store_id
 LIMIT %(count)s;

-- name: person_by_time
SELECT date_trunc(%(interval)s, occurred_at, {zone_of_steps}) AS at,
       count(*) AS carts, count(generated_image_url) AS generated_images
  FROM cart_tracking_events
 WHERE occurred_at >= coalesce(%(start)s::timestamptz, '-infinity')
   AND occurred_at < coalesce(%(end)s::timestamptz, 'infinity')
   AND {of_store}
   AND {of_person}
 GROUP BY 1
 ORDER BY 1;

-- name: person_by_product
SELECT product_id,
       (array_agg(product_title ORDER BY occurred_at DESC)
           FILTER (WHERE product_title IS NOT NULL))[1] AS product_title,
       count(*) AS carts, count(generated_image_url) AS generated_images
  FROM cart_tracking_events
 WHERE product_id IS NOT NULL
   AND occurred_at >= coalesce(%(start)s::timestamptz, '-infinity')
   AND occurred_at < coalesce(%(end)s::timestamptz, 'infinity')
   AND {of_store}
   AND {of_person}
 GROUP BY product_id
 ORDER BY count(*) DESC, product_id
 LIMIT %(count)s;

-- name: journey
WITH carts AS (
    SELECT * FROM cart_tracking_events
     WHERE {of_store}
       AND (%(session_id)s::text IS NULL OR session_id = %(session_id)s)
       AND (%(customer_email)s::text IS NULL OR customer_email = %(customer_email)s)
       AND (%(include_bots)s OR NOT is_bot)
), visits AS (
    SELECT DISTINCT store_id, session_id FROM carts WHERE session_id IS NOT NULL
), steps AS (
    SELECT occurred_at AS at, 'cart_add' AS kind, store_id, store_name, session_id, product_id,
           product_title, coalesce(product_url, '') AS page_url, generated_image_url,
           person_image_url, clothing_image_url, event_id
      FROM carts
    UNION ALL
    SELECT a.occurred_at, a.activity_type, a.store_id, NULL, a.session_id, a.product_id,
           a.product_name, coalesce(a.page_url, ''), NULL, NULL, NULL, a.event_id
      FROM visits v
      JOIN customer_activity a ON a.store_id = v.store_id AND a.session_id = v.session_id
     WHERE %(include_bots)s OR NOT a.is_bot
)
SELECT at, kind, store_id, store_name, session_id, product_id, product_title,
       nullif(page_url, '') AS page_url, generated_image_url, person_image_url, clothing_image_url
  FROM steps
 WHERE at >= coalesce(%(start)s::timestamptz, '-infinity')
   AND at < coalesce(%(end)s::timestamptz, 'infinity')
 ORDER BY at, event_id, kind
 LIMIT %(count)s;
