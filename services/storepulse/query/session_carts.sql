-- Carts by session.

-- name: list_session_carts
-- Newest last step first. A row with a step always has its time.
SELECT * FROM (
    SELECT session_id, step_at AS last_step_at, added_at, checkout_at, purchased_at, due_at, visitor_id,
           customer_id, email_hash, country, abandoned_at, abandoned_type, abandoned_event_id,
           abandoned_value, abandoned_currency,
           CASE WHEN purchased_at >= step_at AND abandoned_at IS NULL THEN 'purchased'
                WHEN purchased_at >= step_at THEN 'recovered'
                WHEN due_at IS NOT NULL THEN 'open'
                WHEN abandoned_at IS NOT NULL THEN 'abandoned'
                ELSE 'closed' END AS state
      FROM session_carts
     WHERE store_id = %(store_id)s AND step_at IS NOT NULL
       AND (%(session_id)s::text IS NULL OR session_id = %(session_id)s)
       AND step_at >= coalesce(%(start)s::timestamptz, '-infinity')
       AND step_at < coalesce(%(end)s::timestamptz, 'infinity')
       AND step_at <= coalesce(%(before)s::timestamptz, 'infinity')
       AND (%(before)s::timestamptz IS NULL OR step_at < %(before)s::timestamptz
            OR session_id > %(after_id)s::text COLLATE "C")
     ORDER BY step_at DESC, session_id) AS listed
 WHERE %(state)s::text IS NULL OR state = %(state)s
 LIMIT %(count)s;
