-- name: experiment_rows
SELECT store_id::text, count(*) FROM experiment_events GROUP BY store_id;

-- name: experiment_hourly
SELECT store_id::text, sum(events)::bigint FROM experiment_hourly GROUP BY store_id;

-- name: experiment_units
-- Compares the counted units with the units in the rollups.
WITH counted AS (
    SELECT test_id, phase, counted_variant AS variant_id, (counted_t0 AT TIME ZONE 'UTC')::date AS day,
           count(*) AS units
      FROM ab_test_assignments WHERE counted_as = 'unit' GROUP BY 1, 2, 3, 4
)
SELECT p.store_id::text, concat('test ', test_id, ' phase ', phase, ' ', variant_id, ' on ', day),
       coalesce(c.units, 0), coalesce(r.units, 0)
  FROM counted AS c FULL JOIN ab_rollups AS r USING (test_id, phase, variant_id, day)
  JOIN ab_test_phases AS p USING (test_id, phase)
 WHERE coalesce(c.units, 0) <> coalesce(r.units, 0)
 ORDER BY 1, 2 LIMIT 20;

-- name: experiment_sums
-- Compares the units' contributions to each metric with the sums in the rollups.
WITH counted AS (
    SELECT a.test_id, a.phase, a.counted_variant AS variant_id, (a.counted_t0 AT TIME ZONE 'UTC')::date AS day,
           c.metric, sum((c.events > 0)::int) AS converters, sum(c.events) AS events,
           sum((c.pre_events > 0)::int) AS units_with_x, sum(c.y) AS y, sum(c.y * c.y) AS yy, sum(c.x) AS x,
           sum(c.x * c.x) AS xx, sum(c.x * c.y) AS xy, sum(k.y) AS c_y, sum(k.y * k.y) AS c_yy,
           sum(k.x) AS c_x, sum(k.x * k.x) AS c_xx, sum(k.x * k.y) AS c_xy
      FROM ab_test_assignments AS a CROSS JOIN unnest(a.contribution) AS c
      JOIN ab_phase_metrics AS m USING (test_id, phase, metric)
     CROSS JOIN LATERAL (
           SELECT CASE WHEN m.cap IS NOT NULL THEN least(c.y, m.cap) END AS y,
                  CASE WHEN m.cap IS NOT NULL THEN least(c.x, m.cap) END AS x) AS k
     WHERE a.counted_as = 'unit' GROUP BY 1, 2, 3, 4, 5
)
SELECT p.store_id::text,
       concat(v.name, ' of ', metric, ', test ', test_id, ' phase ', phase, ' ', variant_id, ' on ', day),
       coalesce(v.counted, 0), coalesce(v.stored, 0)
  FROM counted AS c FULL JOIN ab_metric_rollups AS r USING (test_id, phase, variant_id, day, metric)
  JOIN ab_test_phases AS p USING (test_id, phase)
 CROSS JOIN LATERAL (
       VALUES ('converters', c.converters, r.converters), ('events', c.events, r.events),
              ('units_with_x', c.units_with_x, r.units_with_x), ('sum_y', c.y, r.sum_y),
              ('sum_yy', c.yy, r.sum_yy), ('sum_x', c.x, r.sum_x), ('sum_xx', c.xx, r.sum_xx),
              ('sum_xy', c.xy, r.sum_xy), ('c_sum_y', c.c_y, r.c_sum_y), ('c_sum_yy', c.c_yy, r.c_sum_yy),
              ('c_sum_x', c.c_x, r.c_sum_x), ('c_sum_xx', c.c_xx, r.c_sum_xx),
              ('c_sum_xy', c.c_xy, r.c_sum_xy)) AS v (name, counted, stored)
 WHERE coalesce(v.counted, 0) <> coalesce(v.stored, 0)
 ORDER BY 1, 2 LIMIT 20;

-- name: experiment_counts
-- Compares the units' notes with the counts of phases.
WITH counted AS (
    SELECT test_id, phase, count(*) FILTER (WHERE counted_as = 'multi') AS multi,
           count(*) FILTER (WHERE counted_as = 'bot') AS bot, sum(other_currency_events) AS others,
           sum(variant_mismatches) AS mismatches
      FROM ab_test_assignments GROUP BY 1, 2
)
SELECT p.store_id::text, concat(v.name, ', test ', test_id, ' phase ', phase), coalesce(v.counted, 0),
       coalesce(v.stored, 0)
  FROM counted AS c FULL JOIN ab_phase_counts AS r USING (test_id, phase)
  JOIN ab_test_phases AS p USING (test_id, phase)
 CROSS JOIN LATERAL (
       VALUES ('multi_units', c.multi, r.multi_units), ('bot_units', c.bot, r.bot_units),
              ('other_currency_events', c.others, r.other_currency_events),
              ('variant_mismatches', c.mismatches, r.variant_mismatches)) AS v (name, counted, stored)
 WHERE coalesce(v.counted, 0) <> coalesce(v.stored, 0)
 ORDER BY 1, 2 LIMIT 20;
