-- Closing of usage months. Months that were over at `until` are closed.

-- name: due_months
-- The first condition uses the index: no time zone is more than 14 hours ahead of UTC.
SELECT store_id::text, open_period
  FROM usage_stores
 WHERE open_period < date_trunc('month', (%(until)s AT TIME ZONE 'UTC') + interval '14 hours')::date
   AND open_period < date_trunc('month', store_day(store_id, %(until)s))::date
 ORDER BY store_id LIMIT %(count)s;

-- name: open_month
SELECT open_period, date_trunc('month', store_day(store_id, %(now)s))::date
  FROM usage_stores WHERE store_id = %(store_id)s;

-- name: close_month
-- Waits for slices that have locked the store's row (streams/usage/rollup.sql): what they bill in this month is stored
-- before it is closed. Does nothing if another process has closed the month meanwhile.
WITH closed AS (
    UPDATE usage_stores
       SET open_period = (open_period + interval '1 month')::date, closed_at = %(closed_at)s
     WHERE store_id = %(store_id)s AND open_period = %(period)s
    RETURNING store_id
)
INSERT INTO usage_statements (store_id, period, closed_at)
SELECT store_id, %(period)s, %(closed_at)s FROM closed
RETURNING period;

-- name: unmade_statements
-- Oldest first: a statement builds on those of earlier months.
SELECT DISTINCT ON (store_id) store_id::text, period
  FROM usage_statements WHERE hash IS NULL
 ORDER BY store_id, period LIMIT %(count)s;

-- name: lock_unmade
SELECT period FROM usage_statements
 WHERE store_id = %(store_id)s AND period = %(period)s AND hash IS NULL
   FOR UPDATE SKIP LOCKED;

-- name: head
-- A day belongs to the last zone that has begun by then. On the day on which a zone begins, the month has begun once
-- both that zone and the one before have reached the day.
WITH edges AS (
    SELECT first_day, coalesce((
               SELECT zone FROM store_time_zones
                WHERE store_id = %(store_id)s AND from_day < first_day
                ORDER BY from_day DESC LIMIT 1), 'UTC') AS zone_before,
           coalesce((
               SELECT zone FROM store_time_zones
                WHERE store_id = %(store_id)s AND from_day <= first_day
                ORDER BY from_day DESC LIMIT 1), 'UTC') AS zone_of_day
      FROM (VALUES (%(period)s::date), ((%(period)s::date + interval '1 month')::date)) AS e (first_day)
)
SELECT first_day, zone_before,
       greatest(first_day::timestamp AT TIME ZONE zone_before, first_day::timestamp AT TIME ZONE zone_of_day)
  FROM edges ORDER BY first_day;

-- name: enter_line
INSERT INTO usage_lines (
       store_id, period, for_period, meter, count, sum, max, last, last_at, last_id, max_change, last_change)
VALUES (%(store_id)s, %(period)s, %(for_period)s, %(meter)s, %(count)s, %(sum)s, %(max)s, %(last)s,
        %(last_at)s, %(last_id)s, %(max_change)s, %(last_change)s);

-- name: finish_statement
UPDATE usage_statements
   SET zone = %(zone)s, starts_at = %(starts_at)s, ends_at = %(ends_at)s, events = %(events)s,
       digest = %(digest)s, hash = %(hash)s
 WHERE store_id = %(store_id)s AND period = %(period)s;
