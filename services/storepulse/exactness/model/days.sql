-- Statements of days.py.

-- name: zones
SELECT store_id::text, from_day, zone FROM store_time_zones ORDER BY store_id, from_day;
