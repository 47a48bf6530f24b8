-- A database as after 75 days of work: visits of five stores, of which one has most, and all that is
-- counted of them. A visit is a number; what it did follows from hashes of it, so that each fill is
-- alike. Figures are made of the rows by the rules of the rollups, day by day as slices would.
--
-- Statements run in the order of bench/filling.py. One with `lower` and `upper` runs for parts of the
-- visits, side by side; one more table is one more statement.

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
