-- Plan limits that stores reach.

-- name: note
-- In ascending order, so that two workers cannot deadlock.
WITH given AS (
    SELECT *
      FROM unnest(%(store_ids)s::uuid[], %(meters)s::text[], %(periods)s::date[], %(levels)s::text[],
                  %(amounts)s::numeric[], %(used)s::numeric[], %(plans)s::text[])
           AS g (store_id, meter, period, level, amount, used, plan)
     ORDER BY store_id, meter, period, level, amount
), noted AS (
    INSERT INTO limits_reached (store_id, meter, period, level, amount, used, plan, reached_at)
    SELECT store_id, meter, period, level, amount, used, plan, now() FROM given
    ON CONFLICT DO NOTHING
    RETURNING *
), entered AS (
    INSERT INTO usage_outbox (store_id, meter, quantity, occurred_at, metadata)
    SELECT store_id, %(metered_as)s, 1, date_trunc('milliseconds', reached_at),
           jsonb_build_object(
               'meter', meter, 'level', level, 'limit', trim_scale(amount)::text,
               'used', trim_scale(used)::text, 'plan', plan, 'period', period::text)
      FROM noted
)
SELECT meter, level FROM noted;
