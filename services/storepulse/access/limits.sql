-- Limits that stores have reached.

-- name: instant
-- Includes the oldest running transaction, whose changes are not visible yet.
SELECT now(), pg_snapshot_xmin(pg_current_snapshot())::text;

-- name: reached
-- Of stores with changes: the limits of this period and the next one, because an event may lie in the
-- future, and a limit of 0 is reached at once. Usage that is not in the figures yet counts in this period.
WITH pending AS MATERIALIZED (
    SELECT store_id, meter, sum(quantity) AS quantity FROM usage_unmetered GROUP BY store_id, meter
), changed AS (
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
     UNION
    SELECT n.store_id
      FROM pending AS n
), planned AS (
    SELECT c.store_id, date_trunc('month', store_day(c.store_id, now()))::date AS month
      FROM changed AS c
     WHERE EXISTS (SELECT FROM store_plans AS s WHERE s.store_id = c.store_id)
)
SELECT p.store_id::text, r.plan, r.meter, r.soft, r.hard, r.period, r.used, r.is_open, r.aggregation
  FROM planned AS p
  LEFT JOIN LATERAL (
       SELECT l.plan, l.meter, l.soft, l.hard, m.period, f.used,
              m.period = p.month AS is_open, coalesce(d.aggregation, 'sum') AS aggregation
         FROM store_limits(p.store_id, now()) AS l
        CROSS JOIN (VALUES (p.month), ((p.month + interval '1 month')::date)) AS m (period)
         LEFT JOIN meters AS d ON d.meter = l.meter
         LEFT JOIN usage_current AS u
                ON u.store_id = p.store_id AND u.meter = l.meter AND u.period = m.period
         LEFT JOIN usage_late AS e
                ON e.store_id = p.store_id AND e.meter = l.meter AND e.period = m.period
         LEFT JOIN pending AS n
                ON n.store_id = p.store_id AND n.meter = l.meter AND m.period = p.month
        CROSS JOIN LATERAL (SELECT {used} AS used) AS f
        WHERE f.used >= l.soft OR f.used >= l.hard) AS r ON true
 ORDER BY p.store_id, r.period, r.meter;

-- name: now
-- A store's plan, zones, month, and each limit with its usage; one row with nulls if there is no limit.
WITH pending AS MATERIALIZED (
    SELECT store_id, meter, sum(quantity) AS quantity
      FROM usage_unmetered WHERE store_id = %(store_id)s GROUP BY store_id, meter
), s AS (
    SELECT %(store_id)s::uuid AS store_id,
           date_trunc('month', store_day(%(store_id)s, now()))::date AS month
)
SELECT h.plan, h.from_at, s.month, coalesce(z.days, '{}') AS days, coalesce(z.zones, '{}') AS zones,
       l.meter, coalesce(d.aggregation, 'sum') AS aggregation, d.unit, l.soft, l.hard, {used} AS used
  FROM s
  {zones}
  LEFT JOIN LATERAL (
       SELECT p.plan, p.from_at
         FROM store_plans AS p
        WHERE p.store_id = s.store_id AND p.from_at <= now()
        ORDER BY p.from_at DESC
        LIMIT 1) AS h ON true
  LEFT JOIN LATERAL store_limits(s.store_id, now()) AS l ON true
  LEFT JOIN meters AS d ON d.meter = l.meter
  LEFT JOIN usage_current AS u
         ON u.store_id = s.store_id AND u.meter = l.meter AND u.period = s.month
  LEFT JOIN usage_late AS e
         ON e.store_id = s.store_id AND e.meter = l.meter AND e.period = s.month
  LEFT JOIN pending AS n ON n.meter = l.meter
 ORDER BY l.meter;
