-- Rows of any stream with rows, for the view of one event.

-- name: row
SELECT * FROM {rows}
 WHERE store_id = %(store_id)s AND event_id = %(event_id)s AND occurred_at = %(occurred_at)s;

-- name: around
-- The nearest events of a session before and after a moment.
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
