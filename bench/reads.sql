-- What a filled database is asked before its reads.

-- name: session
-- What a crash would lose, the next run fills again.
SET synchronous_commit TO off;
SET work_mem TO '512MB';

-- name: explain
-- All as far as the bracket stands before each statement that is explained.
EXPLAIN (ANALYZE, BUFFERS, SUMMARY) SELECT 1;

-- name: vacuum
VACUUM (ANALYZE);

-- name: known
-- Of a store, what its reads are asked about: a visit of the last days, and more that exists.
SELECT s.session_id, s.visitor_id, s.started_at,
       (SELECT visitor_id FROM sessions WHERE store_id = s.store_id AND started_at > s.started_at - interval '1 day'
         GROUP BY visitor_id ORDER BY count(*) DESC, visitor_id LIMIT 1) AS frequent_visitor_id,
       (SELECT c.session_id FROM cart_tracking_events c
         WHERE c.store_id = s.store_id AND c.created_at > s.started_at - interval '1 day'
           AND c.normalised_email IS NOT NULL
         ORDER BY c.created_at DESC LIMIT 1) AS cart_session_id,
       (SELECT c.normalised_email FROM cart_tracking_events c
         WHERE c.store_id = s.store_id AND c.created_at > s.started_at - interval '1 day'
           AND c.normalised_email IS NOT NULL
         ORDER BY c.created_at DESC LIMIT 1) AS email,
       (SELECT d.event_id FROM deliveries d WHERE d.received_at > s.started_at - interval '1 day'
         ORDER BY d.received_at DESC LIMIT 1) AS delivered_event_id,
       (SELECT dead_letter_id FROM dead_letters ORDER BY created_at DESC LIMIT 1) AS dead_letter_id,
       (SELECT key_id FROM api_keys ORDER BY created_at DESC LIMIT 1) AS key_id,
       (SELECT u.client_id FROM bot_users u
         WHERE u.store_id = s.store_id AND u.last_seen < s.started_at
         ORDER BY u.last_seen DESC LIMIT 1) AS client_id,
       (SELECT u.client_id FROM bot_users u WHERE u.store_id = s.store_id
         ORDER BY u.events DESC LIMIT 1) AS frequent_client_id,
       (SELECT c.id FROM customers c
         WHERE c.store_id = s.store_id AND c.kind = 'customer' AND c.updated_at < s.started_at
         ORDER BY c.updated_at DESC LIMIT 1) AS customer
  FROM sessions s
 WHERE s.store_id = %(store_id)s::uuid AND s.session_id <> '' AND NOT s.is_bot AND s.events > 4
   AND s.started_at < %(now)s::timestamptz - interval '3 days'
   AND s.started_at > %(now)s::timestamptz - interval '4 days'
 ORDER BY s.started_at DESC LIMIT 1;

-- name: stored
-- The people of a store, and the rows of all streams.
SELECT (SELECT count(*) FROM people WHERE store_id = %(store_id)s::uuid AND owner_kind IS NULL),
       (SELECT count(*) FROM customer_activity) + (SELECT count(*) FROM landing_events)
       + (SELECT count(*) FROM cart_tracking_events) + (SELECT count(*) FROM tg_analytics_events)
       + (SELECT count(*) FROM pulse_events) + (SELECT count(*) FROM order_events);

-- name: busiest_person
-- Of those who visited the shop and are no chat.
SELECT id FROM people
 WHERE store_id = %(store_id)s::uuid AND owner_kind IS NULL AND telegram IS NULL
 ORDER BY events DESC, id LIMIT 1;
