-- A test of four variants and five metrics with a million visitors in 28 days, and a page.

-- name: ab_tests
INSERT INTO ab_tests (test_id, store_id, name, status, definition, phase, created_by)
SELECT '6f1f3c1e-8c9b-5d3a-9a52-0000000000e1', '6f1f3c1e-8c9b-5d3a-9a52-000000000000', 'Green button', 'running',
       '{"variants": [{"variant_id": "v0", "name": "As it is", "weight": 2500, "is_control": true},
                      {"variant_id": "v1", "name": "Green", "weight": 2500},
                      {"variant_id": "v2", "name": "Blue", "weight": 2500},
                      {"variant_id": "v3", "name": "Large", "weight": 2500}],
         "metrics": [{"key": "bought", "kind": "binary", "source": "purchase"},
                     {"key": "revenue", "kind": "sum", "source": "purchase", "currency": "EUR", "cap": "400"},
                     {"key": "orders", "kind": "count", "source": "purchase"},
                     {"key": "carts", "kind": "binary", "source": "add_to_cart"},
                     {"key": "per_order", "kind": "ratio", "numerator": "revenue", "denominator": "orders"}],
         "primary_metric": "bought", "n_star": 400000}', 1, 'bench';

-- name: ab_test_phases
INSERT INTO ab_test_phases (test_id, phase, store_id, started_at, settings, window_ms, pre_ms, settled_at)
SELECT test_id, 1, store_id, date_trunc('day', %(now)s::timestamptz) - interval '28 days', definition, 259200000,
       1209600000, %(now)s
  FROM ab_tests;

-- name: ab_rollups
INSERT INTO ab_rollups (test_id, phase, variant_id, day, units)
SELECT test_id, 1, 'v' || variant, (started_at AT TIME ZONE 'UTC')::date + day, 8900 + 13 * mod(day + variant, 7)
  FROM ab_test_phases CROSS JOIN generate_series(0, 3) AS variant CROSS JOIN generate_series(0, 27) AS day;

-- name: ab_metric_rollups
-- A buyer's total is 50 on average, its square 6000.
INSERT INTO ab_metric_rollups (test_id, phase, variant_id, day, metric, converters, events, units_with_x, sum_y,
       sum_yy, sum_x, sum_xx, sum_xy, c_sum_y, c_sum_yy, c_sum_x, c_sum_xx, c_sum_xy)
SELECT test_id, 1, variant_id, day, metric, buyers, buyers, buyers / 2,
       buyers * mean, buyers * square, buyers * mean / 2, buyers * square / 2, buyers * square / 10,
       CASE WHEN metric = 'revenue' THEN buyers * mean * 0.95 END,
       CASE WHEN metric = 'revenue' THEN buyers * square * 0.8 END,
       CASE WHEN metric = 'revenue' THEN buyers * mean * 0.45 END,
       CASE WHEN metric = 'revenue' THEN buyers * square * 0.4 END,
       CASE WHEN metric = 'revenue' THEN buyers * square * 0.08 END
  FROM (SELECT r.*, metric, CASE metric WHEN 'revenue' THEN 50.25 ELSE 1 END AS mean,
               CASE metric WHEN 'revenue' THEN 6000.5 ELSE 1 END AS square,
               (units * (30 + right(variant_id, 1)::int) / 1000)
                       * CASE metric WHEN 'carts' THEN 3 ELSE 1 END AS buyers
          FROM ab_rollups AS r
         CROSS JOIN unnest('{bought,revenue,orders,carts}'::text[]) AS metric) AS told;

-- name: ab_ratio_rollups
INSERT INTO ab_ratio_rollups (test_id, phase, variant_id, day, metric, sum_nd, c_sum_nd)
SELECT test_id, phase, variant_id, day, 'per_order', sum_y, c_sum_y
  FROM ab_metric_rollups WHERE metric = 'revenue';

-- name: ab_pages
INSERT INTO ab_pages (store_id, page_type, slug, page, updated_by)
SELECT store_id, 'product', 'item-' || n, '{"template": "wide"}', 'bench'
  FROM ab_tests CROSS JOIN generate_series(1, 200) AS n;
