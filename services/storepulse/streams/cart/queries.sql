-- Queries on cart tracking. A null filter does not filter. `named_store` is the id derived from store_name if no
-- store id was given: a name then means only the stores of that name. `customer_email` is normalised. Days are
-- the stores' own.

-- fragment: of_store
(%(store_id)s::uuid IS NULL OR store_id = %(store_id)s)
   AND (%(named_store)s::uuid IS NULL OR store_id = ANY (%(named_store)s::uuid
        || ARRAY(SELECT s.store_id FROM stores s WHERE s.domain = %(store_name)s)))
   AND (%(store_name)s::text IS NULL OR store_name = %(store_name)s)

-- fragment: of_person
(%(session_id)s::text IS NULL OR session_id = %(session_id)s)
   AND (%(customer_email)s::text IS NULL OR normalised_email = %(customer_email)s)
   AND (%(include_bots)s OR NOT is_bot)

-- fragment: in_days
day >= coalesce(%(first_day)s::date, '-infinity')
   AND day < coalesce(%(end_day)s::date, 'infinity')
   AND (%(include_bots)s OR NOT is_bot)

-- fragment: in_closed_days
day >= coalesce(%(first_day)s::date, '-infinity')
   AND day < %(closed_end)s::date
   AND (%(include_bots)s OR NOT is_bot)

-- fragment: in_days_since
{in_days}
   AND day >= %(closed_end)s::date

-- fragment: counted
{in_days}
   AND (%(cut)s::timestamptz IS NULL OR hour < %(cut)s)
   AND {of_store}

-- fragment: counted_of_person
(%(first_day)s::date IS NULL OR store_day(store_id, occurred_at) >= %(first_day)s)
   AND (%(end_day)s::date IS NULL OR store_day(store_id, occurred_at) < %(end_day)s)
   AND (%(cut)s::timestamptz IS NULL OR occurred_at < %(cut)s)
   AND {of_store}
   AND {of_person}

-- fragment: stores_and_rest
-- From `found`: the first stores, then one row for all others together, without a store.
SELECT CASE WHEN place <= %(count)s THEN store_id END AS store_id,
       CASE WHEN place <= %(count)s THEN store_name END AS store_name,
       sum(carts)::bigint AS carts, sum(generated_images)::bigint AS generated_images
  FROM (SELECT *, row_number() OVER (ORDER BY carts DESC, store_name, store_id) AS place
          FROM found) AS ranked
 GROUP BY 1, 2
 ORDER BY min(place)

-- fragment: products_and_rest
-- From `found`: the first products, then one row for all others and for carts without a product.
SELECT CASE WHEN is_listed THEN product_id END AS product_id,
       max(product_title) FILTER (WHERE is_listed) AS product_title,
       sum(carts)::bigint AS carts, sum(generated_images)::bigint AS generated_images
  FROM (SELECT *, product_id <> '' AND place <= %(count)s AS is_listed
          FROM (SELECT *, row_number() OVER (ORDER BY product_id = '', carts DESC, product_id)
                       AS place
                  FROM found) AS placed) AS ranked
 GROUP BY 1
 ORDER BY min(place)

-- fragment: of_images
-- Images have only their store's id, which is derived from the store's own name.
(%(store_id)s::uuid IS NULL OR store_id = %(store_id)s)
   AND (%(own_store)s::uuid IS NULL OR store_id = ANY (%(own_store)s::uuid
        || ARRAY(SELECT s.store_id FROM stores s WHERE s.domain = %(store_name)s)))

-- fragment: image_figures
count(*) AS images_generated,
       count(*) FILTER (WHERE is_carted OR %(include_bots)s AND is_carted_by_bot)
           AS images_in_carts

-- name: totals
SELECT coalesce(sum(carts), 0)::bigint AS carts,
       coalesce(sum(generated_images), 0)::bigint AS generated_images,
       coalesce(sum(person_images), 0)::bigint AS person_images,
       coalesce(sum(clothing_images), 0)::bigint AS clothing_images
  FROM cart_hourly
 WHERE {counted};

-- name: distinct_sessions
-- Counted from at most `most` of the events themselves.
SELECT count(DISTINCT session_id) AS sessions
  FROM (SELECT session_id
          FROM cart_tracking_events
         WHERE store_id = %(store_id)s
           AND occurred_at >= coalesce(%(start)s::timestamptz, '-infinity')
           AND occurred_at < coalesce(%(end)s::timestamptz, 'infinity')
           AND (%(store_name)s::text IS NULL OR store_name = %(store_name)s)
           AND (%(include_bots)s OR NOT is_bot)
         LIMIT %(most)s) AS added;

-- name: by_store
WITH found AS (
    SELECT store_id, store_name, sum(carts) AS carts, sum(generated_images) AS generated_images
      FROM cart_hourly
     WHERE {counted}
     GROUP BY 1, 2
)
{stores_and_rest};

-- name: by_time
SELECT CASE %(interval)s WHEN 'day' THEN day END AS day,
       CASE %(interval)s WHEN 'hour' THEN hour END AS hour,
       sum(carts)::bigint AS carts, sum(generated_images)::bigint AS generated_images
  FROM cart_hourly
 WHERE {counted}
 GROUP BY 1, 2
 ORDER BY 1, 2;

-- name: closed_by_product
-- The sums of closed days, for `by_product`; the other `closed_*` statements do the same for theirs.
SELECT count(*) AS entries, coalesce(array_agg(product_id), '{}')::text AS products,
       coalesce(array_agg(store_id), '{}')::text AS stores, coalesce(array_agg(carts), '{}')::text AS carts,
       coalesce(array_agg(generated_images), '{}')::text AS generated
  FROM (SELECT product_id, store_id, sum(carts)::bigint AS carts,
               sum(generated_images)::bigint AS generated_images
          FROM (SELECT product_id, store_id, carts, generated_images FROM cart_products_weekly
                 WHERE week >= coalesce(%(first_week)s::date, '-infinity')
                   AND week < %(end_week)s::date
                   AND (%(include_bots)s OR NOT is_bot)
                   AND {of_store}
                UNION ALL
                SELECT product_id, store_id, carts, generated_images FROM cart_products_daily
                 WHERE {in_closed_days}
                   AND (day < %(first_week)s::date OR day >= %(end_week)s::date)
                   AND {of_store}) AS told
         GROUP BY 1, 2
         LIMIT %(most)s + 1) AS carted;

-- name: by_product
-- Titles are looked up only for the listed products, in each store that has them; the newest day's title counts.
WITH of_stores AS (
    SELECT product_id, store_id, sum(carts) AS carts, sum(generated_images) AS generated_images
      FROM (SELECT * FROM unnest(%(products)s::text[], %(stores)s::uuid[], %(carts)s::bigint[],
                                 %(generated)s::bigint[])
                          AS closed (product_id, store_id, carts, generated_images)
            UNION ALL
            SELECT product_id, store_id, carts, generated_images FROM cart_products_daily
             WHERE {in_days_since}
               AND {of_store}) AS told
     GROUP BY 1, 2
), found AS (
    SELECT product_id, sum(carts) AS carts, sum(generated_images) AS generated_images
      FROM of_stores
     GROUP BY 1
), first AS MATERIALIZED (
    SELECT product_id, sum(carts)::bigint AS carts, sum(generated_images)::bigint AS generated_images,
           min(place) AS place
      FROM (SELECT CASE WHEN product_id <> '' AND place <= %(count)s THEN product_id END AS product_id,
                   carts, generated_images, place
              FROM (SELECT *, row_number() OVER (
                               ORDER BY product_id = '', carts DESC, product_id) AS place
                      FROM found) AS placed) AS ranked
     GROUP BY 1
), titles AS (
    SELECT DISTINCT ON (product_id) product_id, newest.product_title
      FROM first JOIN of_stores USING (product_id)
     CROSS JOIN LATERAL (
           SELECT day, product_title FROM cart_products_daily AS d
            WHERE {in_days}
              AND (%(store_name)s::text IS NULL OR store_name = %(store_name)s)
              AND d.store_id = of_stores.store_id
              AND d.product_id = first.product_id
              AND product_title IS NOT NULL
            ORDER BY day DESC, product_title LIMIT 1) AS newest
     ORDER BY product_id, newest.day DESC, newest.product_title
)
SELECT product_id, product_title, carts, generated_images
  FROM first LEFT JOIN titles USING (product_id)
 ORDER BY place;

-- name: person_totals
-- This and the following statements compute the same figures for one session or customer, from the rows themselves.
SELECT count(*) AS carts, count(generated_image_url) AS generated_images,
       count(person_image_url) AS person_images, count(clothing_image_url) AS clothing_images
  FROM cart_tracking_events
 WHERE {counted_of_person};

-- name: person_by_store
WITH found AS (
    SELECT store_id, store_name, count(*) AS carts, count(generated_image_url) AS generated_images
      FROM cart_tracking_events
     WHERE {counted_of_person}
     GROUP BY 1, 2
)
{stores_and_rest};

-- name: person_by_time
SELECT CASE %(interval)s WHEN 'day' THEN store_day(store_id, occurred_at) END AS day,
       CASE %(interval)s WHEN 'hour' THEN date_trunc('hour', occurred_at, 'UTC') END AS hour,
       count(*) AS carts, count(generated_image_url) AS generated_images
  FROM cart_tracking_events
 WHERE {counted_of_person}
 GROUP BY 1, 2
 ORDER BY 1, 2;

-- name: person_by_product
WITH found AS (
    SELECT coalesce(product_id, '') AS product_id, count(*) AS carts,
           count(generated_image_url) AS generated_images,
           (array_agg(product_title ORDER BY occurred_at DESC, product_title)
               FILTER (WHERE product_title IS NOT NULL))[1] AS product_title
      FROM cart_tracking_events
     WHERE {counted_of_person}
     GROUP BY 1
)
{products_and_rest};

-- fragment: at
CASE %(interval)s WHEN 'day' THEN day END AS day,
       CASE %(interval)s WHEN 'hour' THEN date_trunc('hour', generated_at, 'UTC') END AS hour

-- name: closed_images_by_store
SELECT count(*) AS entries, coalesce(array_agg(store_id), '{}')::text AS stores,
       coalesce(array_agg(images_generated), '{}')::text AS generated,
       coalesce(array_agg(images_in_carts), '{}')::text AS in_carts
  FROM (SELECT store_id, {image_figures}
          FROM images
         WHERE {in_closed_days} AND {of_images}
         GROUP BY 1
         LIMIT %(most)s + 1) AS found;

-- name: images_by_store
SELECT CASE WHEN place <= %(count)s THEN store_id END AS store_id,
       sum(images_generated)::bigint AS images_generated,
       sum(images_in_carts)::bigint AS images_in_carts
  FROM (SELECT *, row_number() OVER (ORDER BY images_generated DESC, store_id) AS place
          FROM (SELECT store_id, sum(images_generated) AS images_generated,
                       sum(images_in_carts) AS images_in_carts
                  FROM (SELECT * FROM unnest(%(stores)s::uuid[], %(generated)s::bigint[],
                                             %(in_carts)s::bigint[])
                                      AS closed (store_id, images_generated, images_in_carts)
                        UNION ALL
                        SELECT store_id, {image_figures}
                          FROM images
                         WHERE {in_days_since} AND {of_images}
                         GROUP BY 1) AS told
                 GROUP BY 1) AS found) AS ranked
 GROUP BY 1
 ORDER BY min(place);

-- name: closed_images_by_time
SELECT count(*) AS entries, coalesce(array_agg(day), '{}')::text AS days,
       coalesce(array_agg(hour), '{}')::text AS hours,
       coalesce(array_agg(images_generated), '{}')::text AS generated,
       coalesce(array_agg(images_in_carts), '{}')::text AS in_carts
  FROM (SELECT {at}, {image_figures}
          FROM images
         WHERE {in_closed_days} AND {of_images}
         GROUP BY 1, 2
         LIMIT %(most)s + 1) AS found;

-- name: images_by_time
SELECT day, hour, sum(images_generated)::bigint AS images_generated,
       sum(images_in_carts)::bigint AS images_in_carts
  FROM (SELECT * FROM unnest(%(days)s::date[], %(hours)s::timestamptz[], %(generated)s::bigint[],
                             %(in_carts)s::bigint[])
                      AS closed (day, hour, images_generated, images_in_carts)
        UNION ALL
        SELECT {at}, {image_figures}
          FROM images
         WHERE {in_days_since} AND {of_images}
         GROUP BY 1, 2) AS told
 GROUP BY 1, 2
 ORDER BY 1, 2;

-- name: closed_images_by_product
SELECT count(*) AS entries, coalesce(array_agg(product_id), '{}')::text AS products,
       coalesce(array_agg(images_generated), '{}')::text AS generated,
       coalesce(array_agg(images_in_carts), '{}')::text AS in_carts
  FROM (SELECT coalesce(product_id, '') AS product_id, {image_figures}
          FROM images
         WHERE {in_closed_days} AND {of_images}
         GROUP BY 1
         LIMIT %(most)s + 1) AS found;

-- name: images_by_product
SELECT CASE WHEN is_listed THEN product_id END AS product_id,
       sum(images_generated)::bigint AS images_generated,
       sum(images_in_carts)::bigint AS images_in_carts
  FROM (SELECT *, product_id <> '' AND place <= %(count)s AS is_listed
          FROM (SELECT *, row_number() OVER (
                           ORDER BY product_id = '', images_generated DESC, product_id) AS place
                  FROM (SELECT product_id, sum(images_generated) AS images_generated,
                               sum(images_in_carts) AS images_in_carts
                          FROM (SELECT * FROM unnest(%(products)s::text[], %(generated)s::bigint[],
                                                     %(in_carts)s::bigint[])
                                              AS closed (product_id, images_generated, images_in_carts)
                                UNION ALL
                                SELECT coalesce(product_id, ''), {image_figures}
                                  FROM images
                                 WHERE {in_days_since} AND {of_images}
                                 GROUP BY 1) AS told
                         GROUP BY 1) AS found) AS placed) AS ranked
 GROUP BY 1
 ORDER BY min(place);

-- name: journey
WITH carts AS (
    SELECT * FROM cart_tracking_events
     WHERE {of_store}
       AND (%(session_id)s::text IS NULL OR session_id = %(session_id)s)
       AND (%(customer_email)s::text IS NULL OR normalised_email = %(customer_email)s)
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
 WHERE (%(first_day)s::date IS NULL OR store_day(store_id, at) >= %(first_day)s)
   AND (%(end_day)s::date IS NULL OR store_day(store_id, at) < %(end_day)s)
 ORDER BY at, event_id, kind
 LIMIT %(count)s;
