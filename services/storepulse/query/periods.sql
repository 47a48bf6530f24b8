-- What a period's days are: the time zones of a store, by the days from which they hold, and now.

-- name: zones
SELECT now() AS now,
       ARRAY(SELECT from_day FROM store_time_zones WHERE store_id = %(store_id)s
              ORDER BY from_day) AS days,
       ARRAY(SELECT zone FROM store_time_zones WHERE store_id = %(store_id)s
              ORDER BY from_day) AS zones;
