-- Abandoned carts, for the agents' clock.

-- name: due_carts
-- The carts that count as abandoned by the horizon, oldest first, except those that another worker has locked. Also
-- the customer of the visitor and the address, and whether the session or the same person ordered since. Shops'
-- clocks may be five minutes slow.
WITH due AS (
    SELECT * FROM session_carts
     WHERE due_at <= %(horizon)s
     ORDER BY due_at LIMIT %(count)s
       FOR UPDATE SKIP LOCKED
)
SELECT c.store_id::text, c.session_id, c.step_word, c.step_received_at, c.added_at, c.checkout_at,
       c.purchased_at, c.visitor_id, who.customer_id, who.email_hash, c.country,
       coalesce(c.consent_analytics, 'unknown') AS consent_analytics,
       coalesce(c.consent_marketing, 'unknown') AS consent_marketing,
       abandoned_delay(o.settings) AS delay,
       EXISTS (SELECT FROM orders AS r
                WHERE r.store_id = c.store_id AND r.counted_at >= c.step_at - interval '5 minutes'
                  AND (r.session_id = c.session_id OR r.visitor_id = c.visitor_id
                       OR r.customer_id = who.customer_id OR r.email_hash = who.email_hash)) AS has_order
  FROM due AS c
  LEFT JOIN stores AS o ON o.store_id = c.store_id
  LEFT JOIN identities AS v
         ON v.store_id = c.store_id AND v.kind = 'visitor' AND v.value = c.visitor_id
 CROSS JOIN LATERAL (
       SELECT coalesce(c.email_hash, CASE WHEN v.to_kind = 'email' THEN v.to_value END) AS email_hash) AS m
  LEFT JOIN identities AS e
         ON e.store_id = c.store_id AND e.kind = 'email' AND e.value = m.email_hash
 CROSS JOIN LATERAL (
       SELECT m.email_hash,
              coalesce(c.customer_id, CASE WHEN v.to_kind = 'customer' THEN v.to_value END,
                       CASE WHEN e.to_kind = 'customer' THEN e.to_value END) AS customer_id) AS who
 ORDER BY c.due_at;

-- name: cart_events
-- The newest changes of these carts, oldest first. `since` is the last purchase.
SELECT asked.number::int - 1 AS place, said.*
  FROM unnest(%(store_ids)s::uuid[], %(session_ids)s::text[], %(since)s::timestamptz[])
       WITH ORDINALITY AS asked (store_id, session_id, since, number)
 CROSS JOIN LATERAL (
       (SELECT 'activity' AS stream, a.activity_type = 'remove_from_cart' AS is_removal, a.product_id,
               a.product_name, coalesce(a.quantity, 1) AS quantity, a.value, a.currency, a.page_url,
               a.occurred_at
          FROM customer_activity AS a
         WHERE a.store_id = asked.store_id AND a.session_id = asked.session_id
           AND a.activity_type IN ('add_to_cart', 'remove_from_cart')
           AND a.occurred_at > %(now)s::timestamptz - interval '31 days'
           AND least(a.occurred_at, a.received_at) > asked.since AND NOT a.is_bot
         ORDER BY a.occurred_at DESC, a.event_id DESC LIMIT %(most)s)
        UNION ALL
       (SELECT 'cart', false, t.product_id, t.product_title, 1, NULL, NULL, t.product_url, t.occurred_at
          FROM cart_tracking_events AS t
         WHERE t.store_id = asked.store_id AND t.session_id = asked.session_id
           AND least(t.occurred_at, t.created_at) > asked.since AND NOT t.is_bot
         ORDER BY t.occurred_at DESC, t.event_id DESC LIMIT %(most)s)) AS said
 ORDER BY asked.number, said.occurred_at;

-- name: settle_carts
-- The results: reported, with the event's id and type; postponed until `due_at`; or neither.
UPDATE session_carts AS t
   SET due_at = s.due_at,
       abandoned_at = coalesce(s.abandoned_at, t.abandoned_at),
       abandoned_type = coalesce(s.abandoned_type, t.abandoned_type),
       abandoned_event_id = coalesce(s.event_id, t.abandoned_event_id),
       abandoned_value = CASE WHEN s.event_id IS NULL THEN t.abandoned_value ELSE s.value END,
       abandoned_currency = CASE WHEN s.event_id IS NULL THEN t.abandoned_currency ELSE s.currency END
  FROM unnest(%(store_ids)s::uuid[], %(session_ids)s::text[], %(due_at)s::timestamptz[],
              %(abandoned_at)s::timestamptz[], %(types)s::text[], %(event_ids)s::uuid[],
              %(amounts)s::numeric[], %(currencies)s::text[])
       AS s (store_id, session_id, due_at, abandoned_at, abandoned_type, event_id, value, currency)
 WHERE t.store_id = s.store_id AND t.session_id = s.session_id;

-- name: oldest_due
SELECT min(due_at) FROM session_carts WHERE due_at <= %(now)s;

-- name: applied_ends
-- The end of each partition's applied offsets; lost tails of logs are excluded.
SELECT topic, partition, coalesce(max(upper(applied)), 0)
  FROM ledger_partitions
 WHERE consumer_group = %(group)s AND topic = ANY (%(topics)s::text[]) AND topic_id NOT LIKE '%%~%%'
 GROUP BY topic, partition;
