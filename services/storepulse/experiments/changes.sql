-- Authors' tests, their changes and phases.

-- fragment: columns
t.test_id, t.store_id, t.name, t.description, t.status, t.priority, t.definition::text AS definition,
       t.phase, t.winner, t.version, t.created_at, t.created_by, t.updated_at

-- name: lock
-- Serializes changes to a store's tests, so that they are checked together.
SELECT pg_advisory_xact_lock(hashtextextended('storepulse.experiments', uuid_hash_extended(%(store_id)s, 0)));

-- name: list_tests
SELECT t.test_id, t.name, t.status, t.priority, t.phase, t.winner, t.version, t.created_at, t.created_by,
       t.updated_at, t.definition ->> 'primary_metric' AS primary_metric,
       ARRAY(SELECT v ->> 'variant_id' FROM jsonb_array_elements(t.definition -> 'variants') AS v) AS variants
  FROM ab_tests AS t
 WHERE t.store_id = %(store_id)s
   AND (%(status)s::text IS NULL OR t.status = %(status)s::text)
   AND (%(before)s::timestamptz IS NULL
        OR (t.created_at <= %(before)s::timestamptz
            AND (t.created_at < %(before)s::timestamptz OR t.test_id > %(before_id)s::uuid)))
 ORDER BY t.created_at DESC, t.test_id
 LIMIT %(count)s;

-- name: test
SELECT {columns} FROM ab_tests AS t WHERE t.test_id = %(test_id)s AND t.store_id = %(store_id)s;

-- name: test_of_any_store
SELECT {columns} FROM ab_tests AS t WHERE t.test_id = %(test_id)s;

-- name: phases
SELECT phase, started_at, ended_at, settings::text AS settings
  FROM ab_test_phases WHERE test_id = %(test_id)s ORDER BY phase;

-- name: others
-- Other tests of the store that are not over, oldest first.
SELECT {columns}
  FROM ab_tests AS t
 WHERE t.store_id = %(store_id)s AND t.test_id <> %(test_id)s
   AND t.status IN ('draft', 'running', 'paused')
 ORDER BY t.created_at, t.test_id;

-- name: count_tests
SELECT count(*) FROM ab_tests WHERE store_id = %(store_id)s AND status <> 'archived';

-- name: insert
INSERT INTO ab_tests (test_id, store_id, name, description, priority, definition, created_at, created_by,
       updated_at)
VALUES (%(test_id)s, %(store_id)s, %(name)s, %(description)s, %(priority)s, %(definition)s::text::jsonb,
       %(now)s, %(who)s, %(now)s);

-- name: update
UPDATE ab_tests
   SET name = %(name)s, description = %(description)s, priority = %(priority)s,
       definition = %(definition)s::text::jsonb, version = version + 1, updated_at = %(now)s
 WHERE test_id = %(test_id)s;

-- name: set_status
UPDATE ab_tests
   SET status = %(status)s, winner = %(winner)s, version = version + 1, updated_at = %(now)s
 WHERE test_id = %(test_id)s;

-- name: set_phase
UPDATE ab_tests SET phase = %(phase)s WHERE test_id = %(test_id)s;

-- name: remove
DELETE FROM ab_tests WHERE test_id = %(test_id)s;

-- name: add_phase
INSERT INTO ab_test_phases (test_id, phase, store_id, started_at, settings, window_ms, pre_ms)
VALUES (%(test_id)s, %(phase)s, %(store_id)s, %(at)s, %(settings)s::text::jsonb, %(window_ms)s, %(pre_ms)s);

-- name: add_metrics
INSERT INTO ab_phase_metrics (test_id, phase, metric, kind, source, currency, cap)
SELECT %(test_id)s, %(phase)s, given.*
  FROM unnest(%(metrics)s::text[], %(kinds)s::text[], %(sources)s::text[], %(currencies)s::text[],
              %(caps)s::numeric[]) AS given;

-- name: add_ratios
INSERT INTO ab_phase_ratios (test_id, phase, metric, numerator, denominator)
SELECT %(test_id)s, %(phase)s, given.*
  FROM unnest(%(metrics)s::text[], %(numerators)s::text[], %(denominators)s::text[]) AS given;

-- name: add_sources
-- Ordered, to avoid deadlocks.
INSERT INTO ab_sources (store_id, source)
SELECT DISTINCT %(store_id)s::uuid, source FROM unnest(%(sources)s::text[]) AS given (source) ORDER BY source
ON CONFLICT (store_id, source) DO UPDATE SET until = 'infinity';

-- name: end_phase
UPDATE ab_test_phases SET ended_at = %(at)s, settled_at = NULL
 WHERE test_id = %(test_id)s AND phase = %(phase)s;

-- name: raise_traffic
UPDATE ab_test_phases SET settings = settings || jsonb_build_object('traffic', %(traffic)s::int)
 WHERE test_id = %(test_id)s AND phase = %(phase)s;

-- name: add_pause
-- If it was resumed at the very same instant, the pause continues.
INSERT INTO ab_test_pauses (test_id, phase, paused_at) VALUES (%(test_id)s, %(phase)s, %(at)s)
ON CONFLICT (test_id, phase, paused_at) DO UPDATE SET resumed_at = NULL;

-- name: end_pause
UPDATE ab_test_pauses SET resumed_at = greatest(paused_at, %(at)s)
 WHERE test_id = %(test_id)s AND phase = %(phase)s AND resumed_at IS NULL;

-- name: last_moment
-- The latest time in a phase. Later changes must not be before it.
SELECT greatest(p.started_at, (SELECT max(greatest(paused_at, resumed_at)) FROM ab_test_pauses AS b
                                WHERE b.test_id = p.test_id AND b.phase = p.phase)) AS at
  FROM ab_test_phases AS p WHERE p.test_id = %(test_id)s AND p.phase = %(phase)s;

-- name: visitors
-- Distinct visitors of a store; days are the store's own.
SELECT count(*) FROM (
       SELECT FROM visitors_daily WHERE store_id = %(store_id)s AND day >= %(from_day)s AND day < %(to_day)s
        GROUP BY visitor) AS seen;

-- name: buyers
-- What buyers spent within a window from their first purchase. Orders count once, from any source; purchases
-- without an order count each. Purchases without a visitor or session are left out.
WITH purchases AS (
    SELECT coalesce('v:' || visitor_id, 's:' || session_id) AS unit, counted_at AS at, amount AS value
      FROM orders
     WHERE store_id = %(store_id)s AND day >= %(from_day)s AND currency = %(currency)s AND NOT is_bot
       AND counted_at >= %(from_at)s AND counted_at < %(to_at)s
     UNION ALL
    SELECT coalesce('v:' || visitor_id, 's:' || session_id), occurred_at, value
      FROM customer_activity
     WHERE store_id = %(store_id)s AND activity_type = 'purchase' AND currency = %(currency)s AND NOT is_bot
       AND occurred_at >= %(from_at)s AND occurred_at < %(to_at)s AND order_id IS NULL
     UNION ALL
    SELECT coalesce('v:' || visitor_id, 's:' || session_id), occurred_at, value
      FROM landing_events
     WHERE store_id = %(store_id)s AND event_type = 'Purchase' AND currency = %(currency)s AND NOT is_bot
       AND occurred_at >= %(from_at)s AND occurred_at < %(to_at)s AND order_id IS NULL
), dated AS (
    SELECT unit, at, value, min(at) OVER (PARTITION BY unit) AS first_at
      FROM purchases WHERE unit IS NOT NULL AND value IS NOT NULL
), totals AS (
    SELECT sum(value) AS total FROM dated WHERE at < first_at + %(window)s::interval GROUP BY unit
)
SELECT count(*) AS buyers, percentile_disc(%(quantile)s::float8) WITHIN GROUP (ORDER BY total) AS quantile
  FROM totals;
