-- Limits that stores have reached.

-- name: instant
SELECT now();

-- name: reached
-- Of stores of which something changed, this period's limits and the next one's: an event may lie ahead,
-- and a limit of 0 is reached at once. Figures of stores without a plan change all the time, and are
-- found by the plan.
WITH changed AS (
    SELECT s.store_id
      FROM store_plans AS s
     WHERE s.changed_in >= %(since)s::xid8 OR (s.from_at > %(read_at)s::timestamptz AND s.from_at <= now())
     UNION
    SELECT s.store_id
      FROM plans AS p
      JOIN store_plans AS s USING (plan)
     WHERE p.changed_in >= %(since)s::xid8
     UNION
    SELECT u.store_id
      FROM usage_current AS u
     WHERE %(since)s::xid8 <> '0'::xid8 AND u.changed_in >= %(since)s::xid8
     UNION
    SELECT s.store_id
      FROM stores AS s
     WHERE %(since)s::xid8 <> '0'::xid8 AND s.changed_in >= %(since)s::xid8
     UNION
    SELECT s.store_id
      FROM store_plans AS s
     WHERE EXISTS (SELECT FROM meters AS m WHERE m.changed_in >= %(since)s::xid8)
), planned AS (
    SELECT c.store_id, date_trunc('month', store_day(c.store_id, now()))::date AS month
      FROM changed AS c
     WHERE EXISTS (SELECT FROM store_plans AS s WHERE s.store_id = c.store_id)
)
SELECT p.store_id::text, r.plan, r.meter, r.soft, r.hard, r.period, r.used
  FROM planned AS p
  LEFT JOIN LATERAL (
       SELECT l.plan, l.meter, l.soft, l.hard, m.period, f.used
         FROM store_limits(p.store_id, now()) AS l
        CROSS JOIN (VALUES (p.month), ((p.month + interval '1 month')::date)) AS m (period)
         LEFT JOIN meters AS d ON d.meter = l.meter
         LEFT JOIN usage_current AS u
                ON u.store_id = p.store_id AND u.meter = l.meter AND u.period = m.period
        CROSS JOIN LATERAL (SELECT {used} AS used) AS f
        WHERE f.used >= l.soft OR f.used >= l.hard) AS r ON true
 ORDER BY p.store_id, r.period, r.meter;
