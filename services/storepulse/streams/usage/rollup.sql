-- Usage: rows, and figures by hour and by month. The store's row in usage_stores is locked before an event is
-- billed, until the slice is committed. Closing a month updates that row: it waits for slices that hold the lock,
-- and later slices read the new value. So when a month is closed, everything billed in it is stored, and nothing is
-- added later. Stores are locked in ascending order, before every other row of the slice except the ledger's.

-- name: stage
CREATE TEMP TABLE stage_usage_events ON COMMIT DELETE ROWS AS
SELECT event_id, store_id, session_id, visitor_id, correlation_id, occurred_at, received_at, meter, quantity,
       metadata, source, consent_analytics, consent_marketing, ip, user_agent, country, is_bot, period
  FROM usage_events WITH NO DATA;
CREATE TEMP TABLE stage_usage_hourly (LIKE usage_hourly) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_usage_current (LIKE usage_current) ON COMMIT DELETE ROWS;

-- name: usage_locks
-- While no month of the store is closed, the first open one is that of its earliest event.
INSERT INTO usage_stores AS t (store_id, open_period)
SELECT store_id, min(period) FROM stage_usage_events GROUP BY store_id ORDER BY store_id
ON CONFLICT (store_id) DO UPDATE SET open_period = EXCLUDED.open_period
 WHERE t.closed_at IS NULL AND EXCLUDED.open_period < t.open_period;

-- name: usage_events
-- An event of a closed month is billed in the first open month.
INSERT INTO usage_events (
       event_id, store_id, session_id, visitor_id, correlation_id, occurred_at, received_at, meter, quantity,
       metadata, source, consent_analytics, consent_marketing, ip, user_agent, country, is_bot, period,
       billed_period)
SELECT event_id, store_id, session_id, visitor_id, correlation_id, occurred_at, received_at, meter, quantity,
       metadata, source, consent_analytics, consent_marketing, ip, user_agent, country, is_bot, period,
       greatest(period, open_period)
  FROM stage_usage_events JOIN usage_stores USING (store_id);

-- name: usage_late
-- Events of earlier months that limits count in the open month.
INSERT INTO usage_late AS t (store_id, period, meter, count, sum)
SELECT store_id, open_period, meter, count(*), sum(quantity)
  FROM stage_usage_events JOIN usage_stores USING (store_id)
 WHERE period < open_period
 GROUP BY store_id, open_period, meter
 ORDER BY store_id, open_period, meter
ON CONFLICT (store_id, period, meter) DO UPDATE
   SET count = t.count + EXCLUDED.count, sum = t.sum + EXCLUDED.sum;

-- name: usage_hourly
INSERT INTO usage_hourly AS t
SELECT * FROM stage_usage_hourly ORDER BY store_id, meter, hour, day
ON CONFLICT (store_id, meter, hour, day) DO UPDATE
   SET count = t.count + EXCLUDED.count,
       sum = t.sum + EXCLUDED.sum,
       max = greatest(t.max, EXCLUDED.max),
       last = CASE WHEN (EXCLUDED.last_at, EXCLUDED.last_id) > (t.last_at, t.last_id)
           THEN EXCLUDED.last ELSE t.last END,
       last_id = CASE WHEN (EXCLUDED.last_at, EXCLUDED.last_id) > (t.last_at, t.last_id)
           THEN EXCLUDED.last_id ELSE t.last_id END,
       last_at = greatest(t.last_at, EXCLUDED.last_at);

-- name: usage_current
INSERT INTO usage_current AS t
SELECT * FROM stage_usage_current ORDER BY store_id, period, meter
ON CONFLICT (store_id, period, meter) DO UPDATE
   SET count = t.count + EXCLUDED.count,
       sum = t.sum + EXCLUDED.sum,
       max = greatest(t.max, EXCLUDED.max),
       last = CASE WHEN (EXCLUDED.last_at, EXCLUDED.last_id) > (t.last_at, t.last_id)
           THEN EXCLUDED.last ELSE t.last END,
       last_id = CASE WHEN (EXCLUDED.last_at, EXCLUDED.last_id) > (t.last_at, t.last_id)
           THEN EXCLUDED.last_id ELSE t.last_id END,
       last_at = greatest(t.last_at, EXCLUDED.last_at);
