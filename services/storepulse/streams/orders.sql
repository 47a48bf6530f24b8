-- Orders, reported by several streams under several numbers. Every slice that stages tellings runs these
-- statements. Locks are taken in this order: numbers, then orders, each sorted. The lock of a number's row
-- protects its tellings and the order that they count in; the lock of an order's row is held to recompute it.

-- name: stage
CREATE TEMP TABLE stage_order_tellings (LIKE order_tellings) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_order_refunds (LIKE order_refunds) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_orders (store_id uuid, number text) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE touched_orders (store_id uuid, order_id text) ON COMMIT DELETE ROWS;

-- name: order_tellings
-- Each column takes the least or the greatest word, so that tellings may arrive in any order and repeatedly. The
-- order that the number counts in stays unchanged until `order_locks` has locked that order's row as well.
INSERT INTO order_tellings AS t
SELECT * FROM stage_order_tellings ORDER BY store_id, number
ON CONFLICT (store_id, number) DO UPDATE
   SET named_order = CASE WHEN EXCLUDED.named_word > coalesce(t.named_word, '')
           THEN EXCLUDED.named_order ELSE t.named_order END,
       named_word = greatest(t.named_word, EXCLUDED.named_word),
       order_name = CASE WHEN EXCLUDED.name_word > coalesce(t.name_word, '')
           THEN EXCLUDED.order_name ELSE t.order_name END,
       name_word = greatest(t.name_word, EXCLUDED.name_word),
       counted_at = least(t.counted_at, EXCLUDED.counted_at),
       day = CASE WHEN t.first_word IS NULL OR EXCLUDED.first_word < t.first_word
           THEN EXCLUDED.day ELSE t.day END,
       first_word = least(t.first_word, EXCLUDED.first_word),
       landing_page_id = CASE WHEN t.landing_word IS NULL OR EXCLUDED.landing_word < t.landing_word
           THEN EXCLUDED.landing_page_id ELSE t.landing_page_id END,
       landing_word = least(t.landing_word, EXCLUDED.landing_word),
       campaign_id = CASE WHEN t.campaign_word IS NULL OR EXCLUDED.campaign_word < t.campaign_word
           THEN EXCLUDED.campaign_id ELSE t.campaign_id END,
       campaign_word = least(t.campaign_word, EXCLUDED.campaign_word),
       status = greatest(t.status, EXCLUDED.status),
       amount = CASE WHEN EXCLUDED.amount_word > coalesce(t.amount_word, '')
           THEN EXCLUDED.amount ELSE t.amount END,
       currency = CASE WHEN EXCLUDED.amount_word > coalesce(t.amount_word, '')
           THEN EXCLUDED.currency ELSE t.currency END,
       amount_word = greatest(t.amount_word, EXCLUDED.amount_word),
       refunded = greatest(t.refunded, EXCLUDED.refunded),
       items = CASE WHEN EXCLUDED.items_word > coalesce(t.items_word, '')
           THEN EXCLUDED.items ELSE t.items END,
       items_currency = CASE WHEN EXCLUDED.items_word > coalesce(t.items_word, '')
           THEN EXCLUDED.items_currency ELSE t.items_currency END,
       items_word = greatest(t.items_word, EXCLUDED.items_word),
       session_id = CASE WHEN EXCLUDED.session_word > coalesce(t.session_word, '')
           THEN EXCLUDED.session_id ELSE t.session_id END,
       session_word = greatest(t.session_word, EXCLUDED.session_word),
       visitor_id = CASE WHEN EXCLUDED.visitor_word > coalesce(t.visitor_word, '')
           THEN EXCLUDED.visitor_id ELSE t.visitor_id END,
       visitor_word = greatest(t.visitor_word, EXCLUDED.visitor_word),
       customer_id = CASE WHEN EXCLUDED.customer_word > coalesce(t.customer_word, '')
           THEN EXCLUDED.customer_id ELSE t.customer_id END,
       customer_word = greatest(t.customer_word, EXCLUDED.customer_word),
       email_hash = CASE WHEN EXCLUDED.email_word > coalesce(t.email_word, '')
           THEN EXCLUDED.email_hash ELSE t.email_hash END,
       email_word = greatest(t.email_word, EXCLUDED.email_word),
       channel = CASE WHEN EXCLUDED.channel_word > coalesce(t.channel_word, '')
           THEN EXCLUDED.channel ELSE t.channel END,
       channel_word = greatest(t.channel_word, EXCLUDED.channel_word),
       told_at = least(t.told_at, EXCLUDED.told_at),
       seen_at = least(t.seen_at, EXCLUDED.seen_at),
       is_bot = least(t.is_bot, EXCLUDED.is_bot);

-- name: order_refunds
INSERT INTO order_refunds AS t
SELECT * FROM stage_order_refunds ORDER BY store_id, number, refund_id
ON CONFLICT (store_id, number, refund_id) DO UPDATE
   SET amount = EXCLUDED.amount, currency = EXCLUDED.currency, items = EXCLUDED.items,
       word = EXCLUDED.word
 WHERE EXCLUDED.word > t.word;

-- name: order_locks
-- Locks the orders that the numbers counted in before and those that they count in from now on. An order without a
-- row yet is created under the lock of its own number, so by one transaction only.
WITH told AS (
    SELECT t.store_id, t.number, t.order_id, coalesce(t.named_order, t.number) AS now_in
      FROM stage_orders JOIN order_tellings t USING (store_id, number)
), touched AS (
    INSERT INTO touched_orders
    SELECT store_id, order_id FROM told UNION SELECT store_id, now_in FROM told
    RETURNING store_id, order_id
), moved AS (
    UPDATE order_tellings t SET order_id = now_in
      FROM told
     WHERE t.store_id = told.store_id AND t.number = told.number AND t.order_id <> now_in
)
SELECT FROM orders o JOIN touched USING (store_id, order_id)
 ORDER BY o.store_id, o.order_id
   FOR UPDATE OF o;

-- name: orders
-- Sees the changes that others committed to these orders before they released their locks.
WITH told AS (
    SELECT t.* FROM touched_orders JOIN order_tellings t USING (store_id, order_id)
), made AS (
    SELECT store_id, order_id, min(counted_at) AS counted_at,
           (array_agg(day ORDER BY first_word))[1] AS day, min(first_word) AS first_word,
           (array_agg(landing_page_id ORDER BY landing_word))[1] AS landing_page_id,
           (array_agg(campaign_id ORDER BY campaign_word))[1] AS campaign_id,
           min(landing_word) AS landing_word, max(status) AS status,
           (array_agg(amount ORDER BY amount_word DESC NULLS LAST))[1] AS amount,
           (array_agg(currency ORDER BY amount_word DESC NULLS LAST))[1] AS currency,
           max(amount_word) AS amount_word, coalesce(max(refunded), 0) AS refunded,
           (array_agg(items ORDER BY items_word DESC NULLS LAST))[1] AS items,
           (array_agg(items_currency ORDER BY items_word DESC NULLS LAST))[1] AS items_currency,
           max(items_word) AS items_word,
           (array_agg(session_id ORDER BY session_word DESC NULLS LAST))[1] AS session_id,
           max(session_word) AS session_word,
           (array_agg(visitor_id ORDER BY visitor_word DESC NULLS LAST))[1] AS visitor_id,
           max(visitor_word) AS visitor_word,
           (array_agg(customer_id ORDER BY customer_word DESC NULLS LAST))[1] AS customer_id,
           max(customer_word) AS customer_word,
           (array_agg(email_hash ORDER BY email_word DESC NULLS LAST))[1] AS email_hash,
           max(email_word) AS email_word, bool_and(is_bot) AS is_bot,
           (array_agg(order_name ORDER BY name_word DESC NULLS LAST))[1] AS order_name,
           (array_agg(channel ORDER BY channel_word DESC NULLS LAST))[1] AS channel,
           min(told_at) AS told_at, min(seen_at) AS seen_at
      FROM told GROUP BY store_id, order_id
), paid_back AS (
    SELECT store_id, order_id, currency, sum(amount) AS amount
      FROM (SELECT DISTINCT ON (store_id, order_id, refund_id) store_id, order_id, r.currency, r.amount
              FROM told JOIN order_refunds r USING (store_id, number)
             ORDER BY store_id, order_id, refund_id, r.word DESC) AS refunds
     GROUP BY store_id, order_id, currency
), netted AS (
    SELECT store_id, order_id, sum(b.amount) AS amount
      FROM made m JOIN paid_back b USING (store_id, order_id)
     WHERE b.currency IS NULL OR m.currency IS NULL OR b.currency = m.currency
     GROUP BY store_id, order_id
), gone AS (
    DELETE FROM orders o USING touched_orders d
     WHERE o.store_id = d.store_id AND o.order_id = d.order_id
       AND NOT EXISTS (SELECT FROM made m WHERE m.store_id = d.store_id AND m.order_id = d.order_id
                                            AND m.counted_at IS NOT NULL)
    RETURNING o.store_id, o.is_bot
), metered AS (
    -- New orders are added; rows that are no order any more, or another order's name, are subtracted.
    INSERT INTO unmetered_orders AS u
    SELECT store_id, mod(pg_backend_pid(), 16), sum(change)
      FROM (SELECT m.store_id, (NOT m.is_bot)::int - coalesce((NOT o.is_bot)::int, 0) AS change
              FROM made m LEFT JOIN orders o USING (store_id, order_id)
             WHERE m.counted_at IS NOT NULL
             UNION ALL
            SELECT store_id, -1 FROM gone WHERE NOT is_bot) AS changes
     GROUP BY store_id HAVING sum(change) <> 0
     ORDER BY store_id
    ON CONFLICT (store_id, shard) DO UPDATE SET orders = u.orders + EXCLUDED.orders
)
INSERT INTO orders AS t
       (store_id, order_id, counted_at, day, first_word, landing_page_id, campaign_id, landing_word,
        status, amount, currency, amount_word, refunded, items, items_currency, items_word,
        session_id, session_word, visitor_id, visitor_word, customer_id, customer_word, email_hash,
        email_word, is_bot, order_name, channel, told_at, seen_at)
SELECT store_id, order_id, counted_at, day, first_word, landing_page_id, campaign_id, landing_word,
       status, m.amount, currency, amount_word, least(greatest(refunded, netted.amount), m.amount), items,
       items_currency, items_word, session_id, session_word, visitor_id, visitor_word, customer_id,
       customer_word, email_hash, email_word, is_bot, order_name, channel, told_at, seen_at
  FROM made m LEFT JOIN netted USING (store_id, order_id)
 WHERE counted_at IS NOT NULL
 ORDER BY store_id, order_id
ON CONFLICT (store_id, order_id) DO UPDATE
   SET counted_at = EXCLUDED.counted_at, day = EXCLUDED.day, first_word = EXCLUDED.first_word,
       landing_page_id = EXCLUDED.landing_page_id, campaign_id = EXCLUDED.campaign_id,
       landing_word = EXCLUDED.landing_word, status = EXCLUDED.status, amount = EXCLUDED.amount,
       currency = EXCLUDED.currency, amount_word = EXCLUDED.amount_word,
       refunded = EXCLUDED.refunded, items = EXCLUDED.items,
       items_currency = EXCLUDED.items_currency, items_word = EXCLUDED.items_word,
       session_id = EXCLUDED.session_id, session_word = EXCLUDED.session_word,
       visitor_id = EXCLUDED.visitor_id, visitor_word = EXCLUDED.visitor_word,
       customer_id = EXCLUDED.customer_id, customer_word = EXCLUDED.customer_word,
       email_hash = EXCLUDED.email_hash, email_word = EXCLUDED.email_word,
       is_bot = EXCLUDED.is_bot, order_name = EXCLUDED.order_name, channel = EXCLUDED.channel,
       told_at = EXCLUDED.told_at, seen_at = EXCLUDED.seen_at
 WHERE t.* IS DISTINCT FROM EXCLUDED.*;
