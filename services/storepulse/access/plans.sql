-- Plans, the meters that they limit, and the plans of stores over time.

-- fragment: limits_of_plan
LEFT JOIN LATERAL (
       SELECT array_agg(meter ORDER BY meter) AS meters, array_agg(soft ORDER BY meter) AS softs,
              array_agg(hard ORDER BY meter) AS hards
         FROM plan_limits WHERE plan = p.plan) AS l ON true

-- fragment: plan_columns
p.plan, p.description, p.created_at, p.created_by, p.updated_at,
       coalesce(l.meters, '{}') AS meters, coalesce(l.softs, '{}') AS softs, coalesce(l.hards, '{}') AS hards

-- name: plans
SELECT {plan_columns} FROM plans AS p {limits_of_plan} ORDER BY p.plan LIMIT %(count)s;

-- name: plan
SELECT {plan_columns} FROM plans AS p {limits_of_plan} WHERE p.plan = %(plan)s;

-- name: lock_plans
-- Serializes the removal of a plan and its assignment to a store.
SELECT pg_advisory_xact_lock(hashtext('storepulse.plans'));

-- name: count_plans
SELECT count(*) FROM plans;

-- name: set_plan
INSERT INTO plans (plan, description, created_at, created_by, updated_at)
VALUES (%(plan)s, %(description)s, %(now)s, %(who)s, %(now)s)
ON CONFLICT (plan) DO UPDATE SET description = excluded.description, updated_at = excluded.updated_at;

-- name: remove_limits
DELETE FROM plan_limits WHERE plan = %(plan)s;

-- name: add_limits
INSERT INTO plan_limits (plan, meter, soft, hard)
SELECT %(plan)s, meter, soft, hard
  FROM unnest(%(meters)s::text[], %(softs)s::numeric[], %(hards)s::numeric[]) AS given (meter, soft, hard);

-- name: remove_plan
DELETE FROM plans WHERE plan = %(plan)s;

-- name: store_with_plan
-- A store that has the plan now, or will have it.
SELECT s.store_id
  FROM store_plans AS s
 WHERE s.plan = %(plan)s
   AND NOT EXISTS (SELECT FROM store_plans AS later
                    WHERE later.store_id = s.store_id AND later.from_at > s.from_at
                      AND later.from_at <= %(now)s)
 LIMIT 1;

-- name: store_plans
-- All plans of a store, newest first.
SELECT s.from_at, s.plan, s.assigned_at, s.assigned_by,
       coalesce(l.meters, '{}') AS meters, coalesce(l.softs, '{}') AS softs, coalesce(l.hards, '{}') AS hards
  FROM store_plans AS s
  LEFT JOIN LATERAL (
       SELECT array_agg(meter ORDER BY meter) AS meters, array_agg(soft ORDER BY meter) AS softs,
              array_agg(hard ORDER BY meter) AS hards
         FROM store_plan_limits AS o WHERE o.store_id = s.store_id AND o.from_at = s.from_at) AS l ON true
 WHERE s.store_id = %(store_id)s
 ORDER BY s.from_at DESC
 LIMIT %(count)s;

-- name: end_assignments
-- Changes that have not begun.
DELETE FROM store_plans WHERE store_id = %(store_id)s AND from_at >= %(from_at)s;

-- name: assign
INSERT INTO store_plans (store_id, from_at, plan, assigned_at, assigned_by)
VALUES (%(store_id)s, %(from_at)s, %(plan)s, %(now)s, %(who)s);

-- name: add_overrides
INSERT INTO store_plan_limits (store_id, from_at, meter, soft, hard)
SELECT %(store_id)s, %(from_at)s, meter, soft, hard
  FROM unnest(%(meters)s::text[], %(softs)s::numeric[], %(hards)s::numeric[]) AS given (meter, soft, hard);

-- name: meters
SELECT meter, aggregation, unit, description, is_built_in FROM meters ORDER BY meter LIMIT %(count)s;

-- name: meter
SELECT meter, aggregation, unit, description, is_built_in FROM meters WHERE meter = %(meter)s;

-- name: count_meters
SELECT count(*) FROM meters;

-- name: set_meter
INSERT INTO meters (meter, aggregation, unit, description)
VALUES (%(meter)s, %(aggregation)s, %(unit)s, %(description)s)
ON CONFLICT (meter) DO UPDATE
   SET aggregation = excluded.aggregation, unit = excluded.unit, description = excluded.description;
