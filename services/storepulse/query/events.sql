-- Rows of any stream with rows.

-- name: list_events
SELECT * FROM {rows}
 WHERE store_id = %(store_id)s
   AND occurred_at >= coalesce(%(start)s::timestamptz, '-infinity')
   AND occurred_at < coalesce(%(end)s::timestamptz, 'infinity')
   AND occurred_at <= coalesce(%(before)s::timestamptz, 'infinity')
   AND (%(before)s::timestamptz IS NULL
        OR occurred_at < %(before)s::timestamptz OR event_id > %(after_id)s::uuid)
   AND (%(session_id)s::text IS NULL OR session_id = %(session_id)s)
   AND (%(include_bots)s OR NOT is_bot)
 ORDER BY occurred_at DESC, event_id
 LIMIT %(count)s;
