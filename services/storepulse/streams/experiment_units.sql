-- Units of experiments: their exposures, their events, and what of these is in the rollups.
--
-- How a unit is counted is a function of its rows, and a transaction that changes them holds the lock of the
-- unit's row in ab_units. Locks are taken in this order: orders, sessions, visitors, each sorted by store and
-- unit. The unit that an order belongs to changes only under the order's lock, and the visitor of a session only
-- under the session's lock. So each step knows all units of the next one, and no step is repeated. Every locked
-- unit is staged. Each statement sees what others had committed when it began: READ COMMITTED.
--
-- Rows of thousands of units are looked up one by one through an index. A subquery with OFFSET 0 is planned
-- separately, for one unit. A join may be planned for a table that ANALYZE saw empty or with one visitor's rows,
-- and then scans the whole table for each unit. The casts of the store, and the empty string that is appended to
-- a source, leave only the index by units usable.

-- name: stage
CREATE TEMP TABLE stage_experiment_units (store_id uuid, unit text COLLATE "C") ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_unit_events (LIKE ab_unit_events) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_exposures (
    store_id uuid, test_id uuid, phase integer, unit text COLLATE "C", session_id text COLLATE "C",
    variant_id text COLLATE "C", at timestamptz, is_bot boolean
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_due_units (
    number bigint, store_id uuid, unit text COLLATE "C", test_id uuid, phase integer, as_what text,
    variant_id text COLLATE "C", t0 timestamptz, counts_from timestamptz, counts_until timestamptz,
    unknown bigint, counted_as text, counted_variant text COLLATE "C", counted_t0 timestamptz,
    contribution ab_contribution[], other_currency_events bigint, variant_mismatches bigint,
    sources text[] COLLATE "C"
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_told_events (
    number bigint, test_id uuid, phase integer, source text COLLATE "C", value numeric, currency text,
    is_post boolean, is_mismatch boolean
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_contributions (
    sign int, test_id uuid, phase integer, counted_as text, variant_id text COLLATE "C", day date,
    contribution ab_contribution[], other_currency_events bigint, variant_mismatches bigint
) ON COMMIT DELETE ROWS;

-- fragment: locked
-- The conflict locks an existing row even if its day is not updated.
ORDER BY store_id, unit
ON CONFLICT (store_id, unit) DO UPDATE SET seen_on = EXCLUDED.seen_on WHERE u.seen_on < EXCLUDED.seen_on

-- name: order_unit_locks
INSERT INTO ab_units AS u
SELECT DISTINCT store_id, unit, current_date FROM stage_experiment_units WHERE left(unit, 1) = 'o'
 {locked};

-- name: session_unit_locks
-- The unit that a staged order belonged to before, which may lose the order.
INSERT INTO stage_experiment_units
SELECT e.store_id, e.unit
  FROM stage_unit_events AS s
 CROSS JOIN LATERAL (
       SELECT store_id, unit FROM ab_unit_events AS e
        WHERE e.store_id = s.store_id AND e.source = s.source AND e.key = s.key OFFSET 0) AS e
 WHERE left(s.key, 1) = 'o';
INSERT INTO ab_units AS u
SELECT DISTINCT store_id, unit, current_date FROM stage_experiment_units WHERE left(unit, 1) = 's'
 {locked};

-- name: visitor_unit_locks
-- The visitors that the sessions belong to, or belonged to before.
INSERT INTO stage_experiment_units
SELECT s.store_id, s.unit
  FROM (SELECT DISTINCT store_id, substr(unit, 3) AS session_id
          FROM stage_experiment_units WHERE left(unit, 1) = 's') AS u
 CROSS JOIN LATERAL (
       SELECT store_id, unit FROM ab_unit_sessions AS s
        WHERE s.store_id = u.store_id AND s.session_id = u.session_id OFFSET 0) AS s
 WHERE left(s.unit, 1) = 'v';
INSERT INTO ab_units AS u
SELECT DISTINCT store_id, unit, current_date FROM stage_experiment_units WHERE left(unit, 1) = 'v'
 {locked};

-- name: ab_unit_events
INSERT INTO ab_unit_events AS t
SELECT * FROM stage_unit_events ORDER BY store_id, source, key
ON CONFLICT (store_id, source, key) DO UPDATE
   SET event_id = EXCLUDED.event_id, unit = EXCLUDED.unit, happened_at = EXCLUDED.happened_at,
       value = EXCLUDED.value, currency = EXCLUDED.currency, test_id = EXCLUDED.test_id,
       variant_id = EXCLUDED.variant_id
 WHERE (EXCLUDED.happened_at, EXCLUDED.event_id) < (t.happened_at, t.event_id);

-- name: ab_unit_sessions
INSERT INTO ab_unit_sessions AS t
SELECT DISTINCT ON (store_id, session_id) store_id, session_id, unit, at
  FROM stage_exposures WHERE session_id IS NOT NULL
 ORDER BY store_id, session_id, at, unit
ON CONFLICT (store_id, session_id) DO UPDATE SET unit = EXCLUDED.unit, exposed_at = EXCLUDED.exposed_at
 WHERE (EXCLUDED.exposed_at, EXCLUDED.unit) < (t.exposed_at, t.unit);

-- name: ab_test_assignments
-- Keeps the 64 smallest variant ids ever seen: one that was dropped never comes back.
WITH seen AS (
    SELECT store_id, unit, test_id, phase, variant_id, at, is_bot FROM stage_exposures
     UNION ALL
    SELECT a.store_id, a.unit, a.test_id, a.phase, v.variant_id, v.at, a.is_bot
      FROM (SELECT DISTINCT store_id, unit, test_id, phase FROM stage_exposures) AS s
     CROSS JOIN LATERAL (
           SELECT * FROM ab_test_assignments AS a
            WHERE a.store_id = s.store_id AND a.unit = s.unit AND a.test_id = s.test_id
              AND a.phase = s.phase OFFSET 0) AS a
     CROSS JOIN unnest(a.variants, a.variant_times) AS v (variant_id, at)
), firsts AS (
    SELECT store_id, unit, test_id, phase, variant_id COLLATE "C" AS variant_id, min(at) AS at,
           bool_or(is_bot) AS is_bot
      FROM seen GROUP BY 1, 2, 3, 4, 5
)
INSERT INTO ab_test_assignments AS t
       (store_id, unit, test_id, phase, t0, variants, variant_times, is_bot)
SELECT store_id, unit, test_id, phase, min(at), (array_agg(variant_id ORDER BY variant_id))[:64],
       (array_agg(at ORDER BY variant_id))[:64], bool_or(is_bot)
  FROM firsts GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
ON CONFLICT (store_id, unit, test_id, phase) DO UPDATE
   SET t0 = least(t.t0, EXCLUDED.t0), variants = EXCLUDED.variants,
       variant_times = EXCLUDED.variant_times, is_bot = EXCLUDED.is_bot
 WHERE (t.t0, t.variants, t.variant_times, t.is_bot)
       IS DISTINCT FROM (least(t.t0, EXCLUDED.t0), EXCLUDED.variants, EXCLUDED.variant_times, EXCLUDED.is_bot);

-- name: due_units
-- How each staged unit is to be counted. Events are kept for 30 days after the last window that may contain
-- them. So a unit that was counted and whose window closed before that stays unchanged, unless its class, variant
-- or t0, which need no events, changed. Each step is staged because the planner knows the size of a staged table,
-- so that joins of thousands of units stay linear.
INSERT INTO stage_due_units
WITH phases AS MATERIALIZED (
    SELECT p.store_id, p.test_id, p.phase, coalesce(p.ended_at, 'infinity') AS ended_at,
           p.window_ms * interval '1 millisecond' AS span, p.pre_ms * interval '1 millisecond' AS pre,
           p.variants,
           ARRAY(SELECT m.source FROM ab_phase_metrics AS m
                  WHERE m.test_id = p.test_id AND m.phase = p.phase) AS sources
      FROM ab_test_phases AS p
     WHERE p.store_id IN (SELECT store_id FROM stage_experiment_units)
), seen AS (
    SELECT a.store_id, a.unit, a.test_id, a.phase, a.counted_as, a.counted_variant, a.counted_t0,
           a.contribution, a.other_currency_events, a.variant_mismatches, p.ended_at, p.span, p.pre, p.sources,
           CASE WHEN v.all_variants = 0 THEN 'nothing' WHEN a.is_bot THEN 'bot'
                WHEN v.variants > 1 THEN 'multi' WHEN v.variants = 1 THEN 'unit' ELSE 'nothing' END AS as_what,
           CASE WHEN NOT a.is_bot AND v.variants < 2 THEN v.all_variants - v.variants ELSE 0 END AS unknown,
           CASE WHEN NOT a.is_bot AND v.variants = 1 THEN v.variant_id END AS variant_id,
           CASE WHEN NOT a.is_bot AND v.variants = 1 THEN v.t0 END AS t0
      FROM (SELECT DISTINCT store_id, unit FROM stage_experiment_units WHERE left(unit, 1) <> 'o') AS u
     CROSS JOIN LATERAL (
           SELECT * FROM ab_test_assignments AS a WHERE a.store_id = u.store_id AND a.unit = u.unit OFFSET 0) AS a
      JOIN phases AS p ON (p.store_id, p.test_id, p.phase) = (a.store_id, a.test_id, a.phase)
     CROSS JOIN LATERAL (
           SELECT count(*) AS all_variants, count(*) FILTER (WHERE p.variants ? v.id) AS variants,
                  min(v.id) FILTER (WHERE p.variants ? v.id) AS variant_id,
                  min(v.at) FILTER (WHERE p.variants ? v.id) AS t0
             FROM unnest(a.variants, a.variant_times) AS v (id, at)
            WHERE v.at < p.ended_at) AS v
)
SELECT row_number() OVER (), store_id, unit, test_id, phase, as_what, variant_id, t0, t0 - pre,
       least(t0 + span, ended_at), unknown, counted_as, counted_variant, counted_t0, contribution,
       other_currency_events, variant_mismatches, sources
  FROM seen
 WHERE (counted_as, counted_variant, counted_t0) IS DISTINCT FROM (as_what, variant_id, t0)
    OR as_what <> 'unit' OR t0 + span + interval '30 days' >= now();

-- name: told_events
-- The events of each unit that its phase measures: under its own name, and under its sessions. Of each name only
-- the first 10,000 count: a sender of millions would otherwise make every slice read all of them again.
INSERT INTO stage_told_events
SELECT d.number, d.test_id, d.phase, e.source, e.value, e.currency, e.happened_at >= d.t0,
       coalesce(e.test_id = d.test_id AND e.variant_id <> d.variant_id, false)
  FROM (SELECT d.*, d.unit AS name
          FROM stage_due_units AS d
          LEFT JOIN LATERAL (
               SELECT unit FROM ab_unit_sessions AS s
                WHERE s.store_id = d.store_id AND s.session_id = substr(d.unit, 3) OFFSET 0) AS s
            ON left(d.unit, 1) = 's'
         WHERE d.as_what = 'unit' AND coalesce(s.unit, d.unit) = d.unit
         UNION ALL
        SELECT d.*, 's:' || s.session_id
          FROM stage_due_units AS d
         CROSS JOIN LATERAL (
               SELECT session_id FROM ab_unit_sessions AS s
                WHERE s.store_id::text = d.store_id::text AND s.unit = d.unit OFFSET 0) AS s
         WHERE d.as_what = 'unit' AND 's:' || s.session_id <> d.unit) AS d
 CROSS JOIN LATERAL (
       SELECT * FROM ab_unit_events AS e
        WHERE e.store_id::text = d.store_id::text AND e.unit = d.name COLLATE "C"
          AND e.happened_at >= d.counts_from
          AND e.happened_at < d.counts_until
          AND (e.test_id IS NULL OR e.test_id = d.test_id)
          AND e.source || '' = ANY (d.sources)
        ORDER BY e.happened_at, e.event_id, e.source LIMIT 10000) AS e;

-- name: contributions
-- How each unit is counted from now on, and the difference to before.
WITH metrics AS MATERIALIZED (
    SELECT m.* FROM ab_phase_metrics AS m
     WHERE (m.test_id, m.phase) IN (SELECT test_id, phase FROM stage_told_events)
), totals AS (
    SELECT t.number, m.metric, m.kind, count(*) FILTER (WHERE t.is_post) AS events,
           count(*) FILTER (WHERE NOT t.is_post) AS pre_events,
           coalesce(sum(t.value) FILTER (WHERE t.is_post), 0) AS sum_y,
           coalesce(sum(t.value) FILTER (WHERE NOT t.is_post), 0) AS sum_x
      FROM stage_told_events AS t JOIN metrics AS m USING (test_id, phase, source)
     WHERE m.currency IS NULL OR m.currency = t.currency
     GROUP BY t.number, m.metric, m.kind
), made AS (
    SELECT number, array_agg(ROW(metric,
               CASE kind WHEN 'binary' THEN least(events, 1) WHEN 'count' THEN events ELSE sum_y END,
               CASE kind WHEN 'binary' THEN least(pre_events, 1) WHEN 'count' THEN pre_events ELSE sum_x END,
               events, pre_events)::ab_contribution ORDER BY metric) AS contribution
      FROM totals GROUP BY number
), noted AS (
    SELECT number, count(*) FILTER (WHERE is_other) AS other_currency_events,
           count(*) FILTER (WHERE is_mismatch) AS variant_mismatches
      FROM (SELECT t.number, t.is_mismatch,
                   EXISTS (SELECT FROM metrics AS m
                            WHERE m.test_id = t.test_id AND m.phase = t.phase AND m.source = t.source
                              AND m.currency IS NOT NULL AND m.currency IS DISTINCT FROM t.currency) AS is_other
              FROM stage_told_events AS t WHERE t.is_post) AS post
     GROUP BY number
), changed AS MATERIALIZED (
    SELECT d.*, m.contribution AS new_contribution, coalesce(n.other_currency_events, 0) AS new_others,
           d.unknown + coalesce(n.variant_mismatches, 0) AS new_mismatches
      FROM stage_due_units AS d LEFT JOIN made AS m USING (number) LEFT JOIN noted AS n USING (number)
     WHERE (d.counted_as, d.counted_variant, d.counted_t0, d.contribution, d.other_currency_events,
            d.variant_mismatches)
           IS DISTINCT FROM
           (d.as_what, d.variant_id, d.t0, m.contribution, coalesce(n.other_currency_events, 0),
            d.unknown + coalesce(n.variant_mismatches, 0))
), stored AS (
    UPDATE ab_test_assignments AS a
       SET counted_as = c.as_what, counted_variant = c.variant_id, counted_t0 = c.t0,
           contribution = c.new_contribution, other_currency_events = c.new_others,
           variant_mismatches = c.new_mismatches
      FROM changed AS c
     WHERE a.store_id = c.store_id AND a.unit = c.unit AND a.test_id = c.test_id AND a.phase = c.phase
)
INSERT INTO stage_contributions
SELECT -1, test_id, phase, counted_as, counted_variant, (counted_t0 AT TIME ZONE 'UTC')::date, contribution,
       other_currency_events, variant_mismatches
  FROM changed WHERE counted_as IS NOT NULL
 UNION ALL
SELECT 1, test_id, phase, as_what, variant_id, (t0 AT TIME ZONE 'UTC')::date, new_contribution,
       new_others, new_mismatches
  FROM changed;

-- name: ab_rollups
-- Rollups come last, and each transaction locks their rows in key order.
INSERT INTO ab_rollups AS t
SELECT test_id, phase, variant_id, day, sum(sign)
  FROM stage_contributions WHERE counted_as = 'unit'
 GROUP BY 1, 2, 3, 4 HAVING sum(sign) <> 0 ORDER BY 1, 2, 3, 4
ON CONFLICT (test_id, phase, variant_id, day) DO UPDATE SET units = t.units + EXCLUDED.units;

-- name: ab_metric_rollups
-- Changes that cancel out between units are skipped.
INSERT INTO ab_metric_rollups AS t
SELECT s.test_id, s.phase, s.variant_id, s.day, s.metric,
       coalesce(sum(s.units) FILTER (WHERE s.events > 0), 0), sum(s.units * s.events),
       coalesce(sum(s.units) FILTER (WHERE s.pre_events > 0), 0),
       sum(s.units * s.y), sum(s.units * s.y * s.y), sum(s.units * s.x), sum(s.units * s.x * s.x),
       sum(s.units * s.x * s.y), sum(s.units * k.y), sum(s.units * k.y * k.y), sum(s.units * k.x),
       sum(s.units * k.x * k.x), sum(s.units * k.x * k.y)
  FROM (SELECT s.test_id, s.phase, s.variant_id, s.day, c.*, sum(s.sign) AS units
          FROM stage_contributions AS s CROSS JOIN unnest(s.contribution) AS c
         GROUP BY s.test_id, s.phase, s.variant_id, s.day, c.metric, c.y, c.x, c.events, c.pre_events
        HAVING sum(s.sign) <> 0) AS s
  JOIN ab_phase_metrics AS m USING (test_id, phase, metric)
 CROSS JOIN LATERAL (
       SELECT CASE WHEN m.cap IS NOT NULL THEN least(s.y, m.cap) END AS y,
              CASE WHEN m.cap IS NOT NULL THEN least(s.x, m.cap) END AS x) AS k
 GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
ON CONFLICT (test_id, phase, variant_id, day, metric) DO UPDATE
   SET converters = t.converters + EXCLUDED.converters, events = t.events + EXCLUDED.events,
       units_with_x = t.units_with_x + EXCLUDED.units_with_x, sum_y = t.sum_y + EXCLUDED.sum_y,
       sum_yy = t.sum_yy + EXCLUDED.sum_yy, sum_x = t.sum_x + EXCLUDED.sum_x,
       sum_xx = t.sum_xx + EXCLUDED.sum_xx, sum_xy = t.sum_xy + EXCLUDED.sum_xy,
       c_sum_y = t.c_sum_y + EXCLUDED.c_sum_y, c_sum_yy = t.c_sum_yy + EXCLUDED.c_sum_yy,
       c_sum_x = t.c_sum_x + EXCLUDED.c_sum_x, c_sum_xx = t.c_sum_xx + EXCLUDED.c_sum_xx,
       c_sum_xy = t.c_sum_xy + EXCLUDED.c_sum_xy;

-- name: ab_ratio_rollups
WITH ratios AS MATERIALIZED (
    SELECT r.*, n.cap AS n_cap, d.cap AS d_cap
      FROM ab_phase_ratios AS r
      JOIN ab_phase_metrics AS n ON (n.test_id, n.phase, n.metric) = (r.test_id, r.phase, r.numerator)
      JOIN ab_phase_metrics AS d ON (d.test_id, d.phase, d.metric) = (r.test_id, r.phase, r.denominator)
     WHERE (r.test_id, r.phase) IN (SELECT test_id, phase FROM stage_contributions)
)
INSERT INTO ab_ratio_rollups AS t
SELECT s.test_id, s.phase, s.variant_id, s.day, r.metric, sum(s.sign * c.n * c.d), sum(s.sign * k.n * k.d)
  FROM stage_contributions AS s
  JOIN ratios AS r USING (test_id, phase)
 CROSS JOIN LATERAL (
       SELECT max(c.y) FILTER (WHERE c.metric = r.numerator) AS n,
              max(c.y) FILTER (WHERE c.metric = r.denominator) AS d
         FROM unnest(s.contribution) AS c) AS c
 CROSS JOIN LATERAL (
       SELECT CASE WHEN n_cap IS NOT NULL OR d_cap IS NOT NULL THEN least(c.n, n_cap) END AS n,
              least(c.d, d_cap) AS d) AS k
 WHERE s.contribution IS NOT NULL AND c.n IS NOT NULL AND c.d IS NOT NULL
 GROUP BY 1, 2, 3, 4, 5
HAVING (sum(s.sign * c.n * c.d), coalesce(sum(s.sign * k.n * k.d), 0)) <> (0, 0)
 ORDER BY 1, 2, 3, 4, 5
ON CONFLICT (test_id, phase, variant_id, day, metric) DO UPDATE
   SET sum_nd = t.sum_nd + EXCLUDED.sum_nd, c_sum_nd = t.c_sum_nd + EXCLUDED.c_sum_nd;

-- name: ab_phase_counts
INSERT INTO ab_phase_counts AS t
SELECT test_id, phase, coalesce(sum(sign) FILTER (WHERE counted_as = 'multi'), 0),
       coalesce(sum(sign) FILTER (WHERE counted_as = 'bot'), 0), sum(sign * other_currency_events),
       sum(sign * variant_mismatches)
  FROM stage_contributions
 GROUP BY 1, 2
HAVING (coalesce(sum(sign) FILTER (WHERE counted_as = 'multi'), 0),
        coalesce(sum(sign) FILTER (WHERE counted_as = 'bot'), 0), sum(sign * other_currency_events),
        sum(sign * variant_mismatches)) <> (0, 0, 0, 0)
 ORDER BY 1, 2
ON CONFLICT (test_id, phase) DO UPDATE
   SET multi_units = t.multi_units + EXCLUDED.multi_units, bot_units = t.bot_units + EXCLUDED.bot_units,
       other_currency_events = t.other_currency_events + EXCLUDED.other_currency_events,
       variant_mismatches = t.variant_mismatches + EXCLUDED.variant_mismatches;
