-- Updates of figures after phases began or ended. See settling.py.

-- fragment: phase
SELECT p.test_id, p.phase, p.store_id, p.started_at, p.ended_at, p.pre_ms, p.backfilled_at IS NOT NULL,
       ARRAY(SELECT DISTINCT m.source FROM ab_phase_metrics AS m
              WHERE m.test_id = p.test_id AND m.phase = p.phase ORDER BY m.source)
  FROM ab_test_phases AS p

-- name: due_phases
-- The start may have been entered long after it; the test's updated_at says when.
{phase}
  JOIN ab_tests AS t USING (test_id)
 WHERE p.settled_at IS NULL AND greatest(p.started_at, p.ended_at, t.updated_at) <= %(before)s
 ORDER BY p.test_id, p.phase;

-- name: oldest_due
SELECT coalesce(extract(epoch FROM %(now)s - min(greatest(p.started_at, p.ended_at, t.updated_at))), 0)::float8
       AS seconds
  FROM ab_test_phases AS p JOIN ab_tests AS t USING (test_id)
 WHERE p.settled_at IS NULL;

-- name: phases_of_test
{phase}
 WHERE p.test_id = %(test_id)s
 ORDER BY p.phase;

-- name: stage_units
-- The next exposed units of a phase.
WITH next AS (
    SELECT store_id, unit FROM ab_test_assignments
     WHERE test_id = %(test_id)s AND phase = %(phase)s AND store_id = %(store_id)s AND unit > %(after)s
     ORDER BY unit LIMIT %(count)s
), staged AS (
    INSERT INTO stage_experiment_units SELECT store_id, unit FROM next
)
SELECT count(*), max(unit) FROM next;

-- name: note_backfill
UPDATE ab_test_phases SET backfilled_at = now() WHERE test_id = %(test_id)s AND phase = %(phase)s;

-- name: note_settled
-- Unless it ended meanwhile.
UPDATE ab_test_phases SET settled_at = now()
 WHERE test_id = %(test_id)s AND phase = %(phase)s AND ended_at IS NOT DISTINCT FROM %(ended_at)s;

-- name: lock_sources
-- Taken before phases are read: a transaction that begins a phase waits, and then marks its sources as needed.
SELECT FROM ab_sources
 WHERE store_id = %(store_id)s AND source = ANY (%(sources)s)
 ORDER BY source FOR UPDATE;

-- name: end_sources
-- Sources are needed as long as an event may arrive that is in a unit's window.
UPDATE ab_sources AS s SET until = n.until
  FROM (SELECT m.source,
               max(coalesce(p.ended_at + p.window_ms * interval '1 millisecond' + interval '30 days',
                            'infinity')) AS until
          FROM ab_test_phases AS p JOIN ab_phase_metrics AS m USING (test_id, phase)
         WHERE p.store_id = %(store_id)s AND m.source = ANY (%(sources)s)
         GROUP BY m.source) AS n
 WHERE s.store_id = %(store_id)s AND s.source = n.source AND s.until <> n.until;

-- fragment: page
AND NOT is_bot AND occurred_at >= %(since)s AND occurred_at <= %(at)s::timestamptz
   AND (occurred_at < %(at)s::timestamptz OR event_id > %(event_id)s::uuid)
 ORDER BY occurred_at DESC, event_id LIMIT %(count)s

-- name: activity
SELECT store_id::text, event_id::text, session_id, visitor_id, occurred_at, received_at, is_bot,
       activity_type, name, value, currency, order_id
  FROM customer_activity
 WHERE store_id = %(store_id)s AND activity_type = ANY (%(types)s) {page};

-- name: landing
SELECT store_id::text, event_id::text, session_id, visitor_id, occurred_at, received_at, is_bot,
       event_type, event_name, value, currency, order_id
  FROM landing_events
 WHERE store_id = %(store_id)s AND event_type = ANY (%(types)s) {page};

-- name: cart
-- All rows are of one type.
SELECT store_id::text, event_id::text, session_id, visitor_id, occurred_at, created_at, is_bot
  FROM cart_tracking_events
 WHERE store_id = %(store_id)s AND '' = ANY (%(types)s) {page};

-- name: order
SELECT store_id::text, event_id::text, session_id, visitor_id, occurred_at, received_at, is_bot,
       event_type, value, currency, order_id
  FROM order_events
 WHERE store_id = %(store_id)s AND event_type = ANY (%(types)s) {page};

-- name: campaign
SELECT store_id::text, event_id::text, session_id, visitor_id, occurred_at, received_at, is_bot,
       event_type, value, currency, order_id
  FROM pulse_events
 WHERE store_id = %(store_id)s AND event_type = ANY (%(types)s) {page};

-- name: experiment
SELECT store_id::text, event_id::text, session_id, visitor_id, occurred_at, received_at, is_bot,
       event_type, metric, value, currency, order_id, test_id::text, phase, variant_id
  FROM experiment_events
 WHERE store_id = %(store_id)s AND event_type = ANY (%(types)s) {page};
