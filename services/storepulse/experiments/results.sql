-- The input of a phase's results: the phase, and its figures by exposure day. All is read from one
-- snapshot, and no rows of single visitors are read.

-- name: phase
-- The given phase, or the last one.
SELECT t.test_id, t.store_id, t.name, t.status, t.winner, t.phase AS last_phase, p.phase,
       p.started_at, p.ended_at, p.settings::text AS settings, p.settled_at, now() AS read_at
  FROM ab_tests AS t
  LEFT JOIN ab_test_phases AS p
    ON p.test_id = t.test_id AND p.phase = coalesce(%(phase)s::integer, t.phase)
 WHERE t.test_id = %(test_id)s::uuid AND (%(store_id)s::uuid IS NULL OR t.store_id = %(store_id)s::uuid);

-- name: pauses
SELECT paused_at, resumed_at
  FROM ab_test_pauses
 WHERE test_id = %(test_id)s::uuid AND phase = %(phase)s::integer
 ORDER BY paused_at;

-- name: units
SELECT variant_id, day, units
  FROM ab_rollups
 WHERE test_id = %(test_id)s::uuid AND phase = %(phase)s::integer
 ORDER BY day, variant_id;

-- name: metrics
SELECT variant_id, day, metric, converters, events, units_with_x, sum_y, sum_yy, sum_x, sum_xx, sum_xy,
       c_sum_y, c_sum_yy, c_sum_x, c_sum_xx, c_sum_xy
  FROM ab_metric_rollups
 WHERE test_id = %(test_id)s::uuid AND phase = %(phase)s::integer
 ORDER BY day, variant_id, metric;

-- name: ratios
SELECT variant_id, day, metric, sum_nd, c_sum_nd
  FROM ab_ratio_rollups
 WHERE test_id = %(test_id)s::uuid AND phase = %(phase)s::integer
 ORDER BY day, variant_id, metric;

-- name: counts
SELECT coalesce(sum(multi_units), 0)::bigint AS multi_units,
       coalesce(sum(bot_units), 0)::bigint AS bot_units,
       coalesce(sum(other_currency_events), 0)::bigint AS other_currency_events,
       coalesce(sum(variant_mismatches), 0)::bigint AS variant_mismatches
  FROM ab_phase_counts
 WHERE test_id = %(test_id)s::uuid AND phase = %(phase)s::integer;
