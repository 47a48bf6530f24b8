-- Products of a store's days: how often they were viewed, put into carts and bought. Filters that are null
-- do not apply.

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
-- Sums over closed days, for `products`.
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
-- Sales are lines of orders, and products of purchases without an order. All names are looked up only if
-- the list is sorted or searched by them.
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
), every AS MATERIALIZED (
    SELECT product_id, coalesce(views, 0) AS views, coalesce(adds, 0) AS adds,
           coalesce(removes, 0) AS removes, coalesce(purchases, 0) AS purchases,
           coalesce(units, 0) AS units
      FROM seen FULL JOIN bought USING (product_id)
), seen_names AS (
    SELECT DISTINCT ON (product_id) product_id, product_name
      FROM activity_products_daily
     WHERE {of_days} AND product_name IS NOT NULL AND (%(sort)s = 'name' OR %(search)s::text IS NOT NULL)
     ORDER BY product_id, day DESC, product_name COLLATE "C" DESC
), sold_names AS (
    SELECT product_id, max(name COLLATE "C") AS name
      FROM (SELECT product_id, name FROM order_lines
             WHERE {of_days} AND (%(sort)s = 'name' OR %(search)s::text IS NOT NULL)
            UNION ALL
            SELECT product_id, name FROM product_sales_daily
             WHERE {of_days} AND (%(sort)s = 'name' OR %(search)s::text IS NOT NULL)) AS names
     GROUP BY product_id
), found AS (
    SELECT every.*, coalesce(seen_names.product_name, sold_names.name, '') AS known_name
      FROM every
      LEFT JOIN seen_names USING (product_id)
      LEFT JOIN sold_names USING (product_id)
     WHERE %(search)s::text IS NULL
        OR strpos(lower(product_id), lower(%(search)s)) > 0
        OR strpos(lower(coalesce(seen_names.product_name, sold_names.name)), lower(%(search)s)) > 0
), placed AS (
    SELECT *, CASE WHEN %(sort)s <> 'name' THEN coalesce({sign}
              * CASE %(sort)s WHEN 'views' THEN views WHEN 'adds' THEN adds WHEN 'removes' THEN removes
                              WHEN 'units' THEN units WHEN 'purchases' THEN purchases
                              WHEN 'cart_rate' THEN (1e9 * adds / nullif(views, 0))::bigint
                              ELSE (1e9 * purchases / nullif(adds, 0))::bigint END, {last_place}) END
              AS place_number,
           CASE %(sort)s WHEN 'name' THEN left(lower(known_name), 200) COLLATE "C" END AS place_text,
           product_id AS place_id
      FROM found
), first AS MATERIALIZED (
    SELECT * FROM placed WHERE {follows} ORDER BY {in_order} LIMIT %(count)s
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
    -- The name on the newest day. Names from sales are used only for products without one.
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
), totals AS (
    SELECT coalesce(sum(views), 0)::bigint AS all_views, coalesce(sum(adds), 0)::bigint AS all_adds,
           coalesce(sum(removes), 0)::bigint AS all_removes,
           coalesce(sum(units), 0)::bigint AS all_units, (SELECT count(*) FROM found) AS listed
      FROM every
)
SELECT product_id, product_name, views, adds, removes, purchases, units,
       coalesce(revenue, '[]') AS revenue, place_number, place_text, place_id, totals.*
  FROM totals
  LEFT JOIN first ON true
  LEFT JOIN money USING (product_id)
  LEFT JOIN named USING (product_id)
 ORDER BY {in_order};
