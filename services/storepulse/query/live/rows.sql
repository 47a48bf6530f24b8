-- Rows of any stream that keeps them, for who looks closer at one event.

-- name: row
SELECT * FROM {rows}
 WHERE store_id = %(store_id)s AND event_id = %(event_id)s AND occurred_at = %(occurred_at)s;

-- name: around
-- Of one session, the nearest events before a moment and after it.
(SELECT * FROM {rows}
  WHERE store_id = %(store_id)s AND session_id = %(session_id)s
    AND occurred_at <= %(at)s AND occurred_at >= %(at)s - interval '30 minutes'
  ORDER BY occurred_at DESC
  LIMIT %(count)s)
UNION ALL
(SELECT * FROM {rows}
  WHERE store_id = %(store_id)s AND session_id = %(session_id)s
    AND occurred_at > %(at)s AND occurred_at <= %(at)s + interval '30 minutes'
  ORDER BY occurred_at
  LIMIT %(count)s);

-- name: letter
SELECT dead_letter_id, reason, field, message, status FROM dead_letters
 WHERE topic_id = %(topic_id)s AND partition = %(partition)s AND "offset" = %(offset)s
   AND destination_id IS NULL;
