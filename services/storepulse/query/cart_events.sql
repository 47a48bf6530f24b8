-- Additions to carts, in pages. Filters that are null do not apply. `named_store` is the id derived from
-- store_name if no store id was given: the name then matches only stores with that name.

-- fragment: asked
created_at >= coalesce(%(start)s::timestamptz, '-infinity')
   AND created_at < coalesce(%(end)s::timestamptz, 'infinity')
   AND (%(store_id)s::uuid IS NULL OR store_id = %(store_id)s)
   AND (%(named_store)s::uuid IS NULL OR store_id = ANY (%(named_store)s::uuid
        || ARRAY(SELECT s.store_id FROM stores s WHERE s.domain = %(store_name)s)))
   AND (%(store_name)s::text IS NULL OR store_name = %(store_name)s)
   AND (%(product_id)s::text IS NULL OR product_id = %(product_id)s)
   AND (%(session_id)s::text IS NULL OR session_id = %(session_id)s)
   AND (%(customer_email)s::text IS NULL OR normalised_email = %(customer_email)s)
   AND CASE %(image)s::text
            WHEN 'generated' THEN generated_image_url IS NOT NULL
            WHEN 'person' THEN person_image_url IS NOT NULL
            WHEN 'clothing' THEN clothing_image_url IS NOT NULL
            WHEN 'none' THEN num_nonnulls(generated_image_url, person_image_url, clothing_image_url) = 0
            ELSE true END
   AND (%(include_bots)s OR NOT is_bot)

-- fragment: columns
id, event_id, store_id, store_name, product_id, product_title, product_url, variant_id,
       customer_email, customer_first_name, customer_last_name, generated_image_url,
       person_image_url, clothing_image_url, user_agent, host(ip_address) AS ip_address,
       session_id, visitor_id, correlation_id, is_bot, occurred_at, created_at, updated_at

-- name: newest_rows
SELECT {columns}
  FROM cart_tracking_events
 WHERE {asked}
   AND created_at <= coalesce(%(before)s::timestamptz, 'infinity')
   AND (%(before)s::timestamptz IS NULL OR created_at < %(before)s::timestamptz
        OR (event_id, store_id) > (%(after_id)s::uuid, %(after_store)s::uuid))
 ORDER BY created_at DESC, event_id, store_id
 LIMIT %(count)s;

-- name: oldest_rows
SELECT {columns}
  FROM cart_tracking_events
 WHERE {asked}
   AND created_at >= coalesce(%(after)s::timestamptz, '-infinity')
   AND (%(after)s::timestamptz IS NULL OR created_at > %(after)s::timestamptz
        OR (event_id, store_id) > (%(after_id)s::uuid, %(after_store)s::uuid))
 ORDER BY created_at, event_id, store_id
 LIMIT %(count)s;

-- name: sorted_rows
-- Sorted by a column without an index, for at most `most` rows; one more row shows that there are too many.
-- Ties are broken by time, newest first; place_id encodes that as the time left until 2100.
WITH found AS MATERIALIZED (
    SELECT event_id, store_id, created_at,
           lower(left(CASE %(sort)s
                      WHEN 'store' THEN store_name
                      WHEN 'product' THEN coalesce(product_title, product_id)
                      WHEN 'variant' THEN variant_id
                      WHEN 'customer' THEN normalised_email
                      ELSE CASE WHEN generated_image_url IS NOT NULL THEN 'generated'
                                WHEN person_image_url IS NOT NULL THEN 'person'
                                WHEN clothing_image_url IS NOT NULL THEN 'clothing' END
                      END, 200)) AS value
      FROM cart_tracking_events
     WHERE {asked}
     LIMIT %(most)s + 1
), placed AS (
    SELECT event_id, store_id, created_at, NULL::bigint AS place_number,
           coalesce(nullif(value, ''), CASE WHEN %(is_ascending)s::boolean THEN chr(1114111) ELSE '' END)
           COLLATE "C" AS place_text,
           lpad((4102444800000000 - (extract(epoch FROM created_at) * 1000000)::bigint)::text, 20, '0')
           || ' ' || event_id || ' ' || store_id AS place_id
      FROM found
     WHERE (SELECT count(*) FROM found) <= %(most)s
), page AS (
    SELECT * FROM placed WHERE {follows} ORDER BY {in_order} LIMIT %(count)s
), searched AS (
    SELECT count(*) AS searched FROM found
)
SELECT searched, place_number, place_text, place_id, told.*
  FROM searched
  LEFT JOIN (page
       CROSS JOIN LATERAL (
             SELECT {columns}
               FROM cart_tracking_events AS c
              WHERE c.event_id = page.event_id AND c.store_id = page.store_id
                AND c.created_at = page.created_at
             OFFSET 0) AS told) ON true
 ORDER BY {in_order};

-- name: count_rows
-- The number of matching rows, up to `most`.
SELECT count(*) AS listed
  FROM (SELECT FROM cart_tracking_events WHERE {asked} LIMIT %(most)s) AS found;
