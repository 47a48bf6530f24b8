-- Carts by session, reported by activity, carts and landing pages.

-- name: stage
CREATE TEMP TABLE stage_session_carts (LIKE session_carts) ON COMMIT DELETE ROWS;

-- name: session_carts
-- Each column takes the greatest word or time, so that steps may arrive in any order and repeatedly. Only a step
-- later than all others resets `due_at`: a late one causes no second report.
INSERT INTO session_carts AS t
       (store_id, session_id, step_word, step_at, step_received_at, added_at, checkout_at, purchased_at,
        visitor_id, visitor_word, customer_id, customer_word, email_hash, email_word, country,
        consent_analytics, consent_marketing, due_at)
SELECT s.store_id, session_id, step_word, step_at, step_received_at, added_at, checkout_at, purchased_at,
       visitor_id, visitor_word, customer_id, customer_word, email_hash, email_word, country,
       consent_analytics, consent_marketing,
       CASE WHEN step_at > coalesce(purchased_at, '-infinity')
            THEN step_received_at + abandoned_delay(o.settings) END
  FROM stage_session_carts AS s
  LEFT JOIN stores AS o ON o.store_id = s.store_id
 ORDER BY s.store_id, session_id
ON CONFLICT (store_id, session_id) DO UPDATE
   SET step_word = greatest(t.step_word, EXCLUDED.step_word),
       step_at = greatest(t.step_at, EXCLUDED.step_at),
       step_received_at = CASE WHEN EXCLUDED.step_word > coalesce(t.step_word, '')
           THEN EXCLUDED.step_received_at ELSE t.step_received_at END,
       added_at = greatest(t.added_at, EXCLUDED.added_at),
       checkout_at = greatest(t.checkout_at, EXCLUDED.checkout_at),
       purchased_at = greatest(t.purchased_at, EXCLUDED.purchased_at),
       visitor_id = CASE WHEN EXCLUDED.visitor_word > coalesce(t.visitor_word, '')
           THEN EXCLUDED.visitor_id ELSE t.visitor_id END,
       visitor_word = greatest(t.visitor_word, EXCLUDED.visitor_word),
       customer_id = CASE WHEN EXCLUDED.customer_word > coalesce(t.customer_word, '')
           THEN EXCLUDED.customer_id ELSE t.customer_id END,
       customer_word = greatest(t.customer_word, EXCLUDED.customer_word),
       email_hash = CASE WHEN EXCLUDED.email_word > coalesce(t.email_word, '')
           THEN EXCLUDED.email_hash ELSE t.email_hash END,
       email_word = greatest(t.email_word, EXCLUDED.email_word),
       country = CASE WHEN EXCLUDED.step_word > coalesce(t.step_word, '')
           THEN EXCLUDED.country ELSE t.country END,
       consent_analytics = CASE WHEN EXCLUDED.step_word > coalesce(t.step_word, '')
           THEN EXCLUDED.consent_analytics ELSE t.consent_analytics END,
       consent_marketing = CASE WHEN EXCLUDED.step_word > coalesce(t.step_word, '')
           THEN EXCLUDED.consent_marketing ELSE t.consent_marketing END,
       due_at = CASE
           WHEN greatest(t.purchased_at, EXCLUDED.purchased_at) >= greatest(t.step_at, EXCLUDED.step_at)
           THEN NULL
           WHEN EXCLUDED.step_word > coalesce(t.step_word, '')
           THEN EXCLUDED.due_at ELSE t.due_at END;
