-- Our own work as usage: it is counted where it is done, moved to usage_outbox, and sent to Kafka from there. Each
-- step is one transaction, so that a crash at any point loses nothing and counts nothing twice.

-- name: take_events
-- Rows are locked in the same order as by slices. A quantity counts at the current time, but at the latest in the hour
-- in which its events were received, so that late processing does not move it to the next month. Its time is at most
-- 29 days ago, because older events than 30 days are refused, as from clients.
WITH worked AS (
    SELECT stream, store_id, hour, unmetered_events AS events, unmetered_bytes AS bytes
      FROM ledger_counts
     WHERE unmetered_events > 0
     ORDER BY stream, store_id, hour LIMIT %(count)s
       FOR UPDATE
), taken AS (
    UPDATE ledger_counts AS c
       SET unmetered_events = c.unmetered_events - w.events, unmetered_bytes = c.unmetered_bytes - w.bytes
      FROM worked AS w
     WHERE c.stream = w.stream AND c.store_id = w.store_id AND c.hour = w.hour
), placed AS (
    SELECT store_id, sum(events) AS events, sum(bytes) AS bytes,
           greatest(least(%(now)s::timestamptz, hour + interval '1 hour' - interval '1 millisecond'),
                    %(now)s::timestamptz - interval '29 days') AS at
      FROM worked GROUP BY store_id, 4
), entered AS (
    INSERT INTO usage_outbox (store_id, meter, quantity, occurred_at)
    SELECT store_id, meter, quantity, at
      FROM placed CROSS JOIN LATERAL (VALUES ('event', events), ('storage_bytes', bytes)) AS m (meter, quantity)
)
SELECT count(*) FROM worked;

-- name: take_orders
-- A store whose orders decreased is in debt until it has as many new ones.
WITH told AS (
    SELECT store_id, shard, orders FROM unmetered_orders
     WHERE orders <> 0 ORDER BY store_id, shard FOR UPDATE
), due AS (
    SELECT store_id, sum(orders) AS orders FROM told GROUP BY store_id HAVING sum(orders) > 0
), taken AS (
    UPDATE unmetered_orders AS u SET orders = u.orders - told.orders
      FROM told JOIN due USING (store_id)
     WHERE u.store_id = told.store_id AND u.shard = told.shard
)
INSERT INTO usage_outbox (store_id, meter, quantity, occurred_at)
SELECT store_id, 'order', orders, %(now)s FROM due;

-- name: lock_outbox
SELECT event_id::text, store_id::text, meter, quantity, occurred_at, metadata::text AS metadata FROM usage_outbox
 ORDER BY event_id LIMIT %(count)s FOR UPDATE SKIP LOCKED;

-- name: clear_outbox
DELETE FROM usage_outbox WHERE event_id = ANY(%(event_ids)s::uuid[]);
