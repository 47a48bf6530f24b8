-- Stores' days. The result has no rows for stores in UTC.

-- name: local_days
-- Like store_day(), for many instants at once. `quarters` are UTC quarters of an hour, counted from 1970: all time
-- zones differ from UTC by whole quarters, so each lies in one day.
WITH asked AS (
    SELECT a.number, a.store_id, to_timestamp(a.quarter * 900) AS at
      FROM unnest(%(store_ids)s::uuid[], %(quarters)s::bigint[])
           WITH ORDINALITY AS a (store_id, quarter, number)
), periods AS (
    SELECT store_id, from_day, zone,
           lag(zone, 1, 'UTC') OVER (PARTITION BY store_id ORDER BY from_day) AS zone_before
      FROM store_time_zones
     WHERE store_id = ANY(%(store_ids)s::uuid[])
)
SELECT DISTINCT ON (a.number) a.number, (a.at AT TIME ZONE p.zone)::date AS day
  FROM asked AS a
  JOIN periods AS p USING (store_id)
 WHERE (a.at AT TIME ZONE p.zone_before)::date >= p.from_day
 ORDER BY a.number, p.from_day DESC;
