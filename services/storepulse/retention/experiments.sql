-- Units of experiments whose windows closed long ago. Rows that an agent has locked are left for the
-- next run.

-- fragment: spans
-- The longest time before and after a first exposure that a store's phases use.
SELECT store_id, max(window_ms + pre_ms) * interval '1 millisecond' AS span
  FROM ab_test_phases GROUP BY store_id

-- fragment: old_event
e.happened_at < %(before)s::timestamptz
   AND e.happened_at < %(before)s::timestamptz - coalesce(s.span, interval '0')

-- fragment: old_session
u.exposed_at < %(before)s::timestamptz - coalesce(s.span, interval '0')

-- fragment: of_session
e.store_id::text = u.store_id::text AND e.unit = 's:' || u.session_id

-- fragment: unused
-- Assignments to phases that never existed. Figures are the sum of all others.
a.counted_as IS NULL AND a.t0 < %(before)s::timestamptz
   AND NOT EXISTS (SELECT FROM ab_test_phases AS p
                    WHERE p.store_id = a.store_id AND p.test_id = a.test_id AND p.phase = a.phase)

-- fragment: old_unit
seen_on < (%(before)s::timestamptz AT TIME ZONE 'UTC')::date

-- name: count_ab_unit_events
SELECT count(*) FROM ab_unit_events AS e LEFT JOIN ({spans}) AS s USING (store_id)
 WHERE {old_event};

-- name: delete_ab_unit_events
DELETE FROM ab_unit_events
 WHERE ctid = ANY (ARRAY(
           SELECT e.ctid FROM ab_unit_events AS e LEFT JOIN ({spans}) AS s USING (store_id)
            WHERE {old_event}
            LIMIT %(count)s
              FOR UPDATE OF e SKIP LOCKED));

-- name: count_ab_unit_sessions
-- Sessions without events, or whose events would all be deleted.
SELECT count(*) FROM ab_unit_sessions AS u LEFT JOIN ({spans}) AS s USING (store_id)
 WHERE {old_session}
   AND NOT EXISTS (SELECT FROM ab_unit_events AS e WHERE {of_session} AND NOT ({old_event}));

-- name: delete_ab_unit_sessions
-- A session is kept as long as it has events, because it says which unit they belong to.
DELETE FROM ab_unit_sessions
 WHERE ctid = ANY (ARRAY(
           SELECT u.ctid FROM ab_unit_sessions AS u LEFT JOIN ({spans}) AS s USING (store_id)
            WHERE {old_session}
              AND NOT EXISTS (SELECT FROM ab_unit_events AS e WHERE {of_session})
            LIMIT %(count)s
              FOR UPDATE OF u SKIP LOCKED));

-- name: count_ab_test_assignments
SELECT count(*) FROM ab_test_assignments AS a WHERE {unused};

-- name: delete_ab_test_assignments
DELETE FROM ab_test_assignments
 WHERE ctid = ANY (ARRAY(
           SELECT a.ctid FROM ab_test_assignments AS a
            WHERE {unused}
            LIMIT %(count)s
              FOR UPDATE OF a SKIP LOCKED));

-- name: count_ab_units
SELECT count(*) FROM ab_units WHERE {old_unit};

-- name: delete_ab_units
-- The rows serve only as locks and are created again on demand.
DELETE FROM ab_units
 WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM ab_units
            WHERE {old_unit}
            LIMIT %(count)s
              FOR UPDATE SKIP LOCKED));
