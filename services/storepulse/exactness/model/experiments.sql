-- Statements of experiments.py.

-- name: phases
SELECT store_id::text, test_id::text, phase, ended_at, window_ms, pre_ms,
       ARRAY(SELECT v ->> 'variant_id' FROM jsonb_array_elements(settings -> 'variants') AS v)
  FROM ab_test_phases WHERE settled_at IS NOT NULL;

-- name: metrics
SELECT test_id::text, phase, metric, kind, source, currency, cap FROM ab_phase_metrics ORDER BY metric;

-- name: ratios
SELECT test_id::text, phase, metric, numerator, denominator FROM ab_phase_ratios ORDER BY metric;
