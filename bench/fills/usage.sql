-- Carts by session, usage by hour and by month, plans, and statements of closed months.

-- name: session_carts
-- A quarter of the sessions put something into a cart.
INSERT INTO session_carts (store_id, session_id, step_word, step_at, step_received_at, added_at)
SELECT store_id, session_id, 'word', ended_at, ended_at, ended_at
  FROM sessions
 WHERE session_id <> '' AND hashtext(session_id) & 3 = 0
ON CONFLICT DO NOTHING;

-- name: usage_hourly
INSERT INTO usage_hourly (store_id, meter, hour, day, count, sum, max, last, last_at, last_id)
SELECT store_id, meter, hour, (hour AT TIME ZONE 'UTC')::date, 60, 6000, 200, 100, hour,
       '018f0000-0000-7000-8000-000000000000'
  FROM (SELECT store_id FROM stores ORDER BY store_id LIMIT 50) AS s
 CROSS JOIN unnest('{api_call,event,storage_bytes,order,sms}'::text[]) AS meter
 CROSS JOIN generate_series(date_trunc('hour', %(now)s::timestamptz) - interval '75 days',
                            date_trunc('hour', %(now)s::timestamptz), interval '1 hour') AS hour;

-- name: usage_current
INSERT INTO usage_current (store_id, period, meter, count, sum, max, last, last_at, last_id)
SELECT store_id, date_trunc('month', day)::date, meter, sum(count), sum(sum), max(max), max(last), max(last_at),
       '018f0000-0000-7000-8000-000000000000'
  FROM usage_hourly GROUP BY 1, 2, 3;

-- name: usage_stores
INSERT INTO usage_stores (store_id, open_period, closed_at)
SELECT store_id, max(period), %(now)s FROM usage_current GROUP BY store_id;

-- name: usage_statements
INSERT INTO usage_statements (store_id, period, closed_at, zone, starts_at, ends_at, events, digest, hash)
SELECT DISTINCT store_id, period, %(now)s::timestamptz, 'UTC', period::timestamptz, period + interval '1 month',
       1000, repeat('0', 64), repeat('0', 64)
  FROM usage_current WHERE period < date_trunc('month', %(now)s::timestamptz);

-- name: usage_lines
INSERT INTO usage_lines (
       store_id, period, for_period, meter, count, sum, max, last, last_at, last_id, max_change, last_change)
SELECT c.store_id, c.period, c.period, c.meter, c.count, c.sum, c.max, c.last, c.last_at, c.last_id, c.max, c.last
  FROM usage_current AS c JOIN usage_statements USING (store_id, period);

-- name: plans
INSERT INTO plans (plan, created_by) VALUES ('starter', 'bench');

-- name: plan_limits
INSERT INTO plan_limits (plan, meter, soft, hard)
SELECT 'starter', meter, 1e12, 2e12 FROM unnest('{api_call,event,sms}'::text[]) AS meter;

-- name: store_plans
INSERT INTO store_plans (store_id, from_at, plan, assigned_at, assigned_by)
SELECT store_id, %(now)s::timestamptz - interval '70 days', 'starter', %(now)s, 'bench' FROM stores;
