-- Orders, told by several streams. Whoever stages tellings takes these statements.

-- name: stage
CREATE TEMP TABLE stage_orders (LIKE orders) ON COMMIT DELETE ROWS;
ALTER TABLE stage_orders ALTER COLUMN refunded SET DEFAULT 0;

-- name: orders
-- Rows are locked in the order of their key, by every stream. Each column takes the least or the
-- greatest word, so that tellings may come in any order and again.
INSERT INTO orders AS t
SELECT * FROM stage_orders ORDER BY store_id, order_id
ON CONFLICT (store_id, order_id) DO UPDATE
   SET counted_at = least(t.counted_at, EXCLUDED.counted_at),
       day = CASE WHEN EXCLUDED.first_word < t.first_word THEN EXCLUDED.day ELSE t.day END,
       first_word = least(t.first_word, EXCLUDED.first_word),
       landing_page_id = CASE WHEN t.landing_word IS NULL OR EXCLUDED.landing_word < t.landing_word
           THEN EXCLUDED.landing_page_id ELSE t.landing_page_id END,
       campaign_id = CASE WHEN t.landing_word IS NULL OR EXCLUDED.landing_word < t.landing_word
           THEN EXCLUDED.campaign_id ELSE t.campaign_id END,
       landing_word = least(t.landing_word, EXCLUDED.landing_word),
       credited_campaign_id = CASE
           WHEN t.credited_word IS NULL OR EXCLUDED.credited_word < t.credited_word
           THEN EXCLUDED.credited_campaign_id ELSE t.credited_campaign_id END,
       credited_word = least(t.credited_word, EXCLUDED.credited_word),
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
       is_bot = t.is_bot AND EXCLUDED.is_bot;
