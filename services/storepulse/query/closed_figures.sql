-- The validity of cached sums over closed days.

-- name: changes
-- Of all stores if no store id is given. The store that a name resolves to may change too.
SELECT coalesce(sum(changes), 0)::bigint AS changes,
       (SELECT store_id FROM stores WHERE domain = %(store_name)s::text) AS named
  FROM late_changes
 WHERE (%(store_id)s::uuid IS NULL OR store_id = %(store_id)s)
   AND figures = ANY(%(figures)s)
   AND day >= coalesce(%(first_day)s::date, '-infinity')
   AND day < %(closed_end)s::date;
