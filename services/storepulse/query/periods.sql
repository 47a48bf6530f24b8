-- The calendar of periods: a store's time zones with the days from which they are in force, and
-- now.

-- name: zones
-- Of a store by id, else by domain. Without a match, the arrays are empty.
WITH asked AS (
    SELECT coalesce(%(store_id)s::uuid,
                    (SELECT store_id FROM stores WHERE domain = %(domain)s::text)) AS store_id
)
SELECT now() AS now, asked.store_id,
       ARRAY(SELECT from_day FROM store_time_zones t WHERE t.store_id = asked.store_id
              ORDER BY from_day) AS days,
       ARRAY(SELECT zone FROM store_time_zones t WHERE t.store_id = asked.store_id
              ORDER BY from_day) AS zones
  FROM asked;
