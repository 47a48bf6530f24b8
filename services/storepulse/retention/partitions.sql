-- Partitions that are entirely too old: {leaf}, of the table {parent}.

-- name: leaves
-- A bound that is a date means midnight UTC, whatever the session's time zone is.
SELECT c.relname,
       CASE WHEN b.lower ~ ':' THEN b.lower::timestamptz ELSE b.lower::timestamp AT TIME ZONE 'UTC' END,
       CASE WHEN b.upper ~ ':' THEN b.upper::timestamptz ELSE b.upper::timestamp AT TIME ZONE 'UTC' END
  FROM pg_inherits AS i
  JOIN pg_class AS c ON c.oid = i.inhrelid
  LEFT JOIN regexp_match(pg_get_expr(c.relpartbound, c.oid),
                         'FROM \(''([^'']+)''\) TO \(''([^'']+)''\)') AS bounds ON true
 CROSS JOIN LATERAL (SELECT bounds[1] AS lower, bounds[2] AS upper) AS b
 WHERE i.inhparent = %(parent)s::regclass
 ORDER BY 2 NULLS FIRST, 1;

-- name: vacuum
-- Removes dead rows, whose pages `is_empty` would otherwise read under the lock.
VACUUM (SKIP_LOCKED) {leaf};

-- name: patience
SET LOCAL lock_timeout = '200ms';

-- name: lock_parent
-- Locks the parent first, as all statements do. Others wait behind this lock at most as long as
-- lock_timeout.
LOCK TABLE ONLY {parent} IN ACCESS EXCLUSIVE MODE;

-- name: is_empty
SELECT NOT EXISTS (SELECT FROM {leaf});

-- name: drop
SELECT drop_partition(%(leaf)s);
