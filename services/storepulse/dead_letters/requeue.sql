-- Requeues deliveries, for their own destination or another one.

-- fragment: not_sent
d.status IN ('failed', 'skipped')

-- name: destinations
SELECT destination_id, name, status, store_id, ordered FROM destinations;

-- name: queue
-- Returns the row as it is afterwards. A row that is `sent` or `pending` does not change. A `skipped`
-- event is checked again when it is sent.
INSERT INTO deliveries AS d
       (destination_id, store_id, event_id, received_at, stream, event_type, priority, ordering_key,
        dead_letter_id, created_at, key, value, header_names, header_values, source_topic,
        source_topic_id, source_partition, source_offset)
VALUES (%(destination_id)s, %(store_id)s, %(event_id)s, %(received_at)s, %(stream)s, %(event_type)s,
        %(priority)s, %(ordering_key)s, %(dead_letter_id)s, %(now)s, %(key)s, %(value)s,
        %(header_names)s::text[], %(header_values)s::bytea[], %(topic)s, %(topic_id)s,
        %(partition)s, %(offset)s)
ON CONFLICT (destination_id, store_id, event_id, received_at, stream) DO UPDATE
   SET status = CASE WHEN {not_sent} THEN 'pending' ELSE d.status END,
       batch_id = CASE WHEN {not_sent} THEN NULL ELSE d.batch_id END,
       earlier_batches =
           CASE WHEN {not_sent} THEN array_remove(d.earlier_batches || d.batch_id, NULL)
                         ELSE d.earlier_batches END,
       skipped_order = NULL,
       finished_at = CASE WHEN {not_sent} THEN NULL ELSE d.finished_at END,
       key = CASE WHEN {not_sent} THEN EXCLUDED.key ELSE d.key END,
       value = CASE WHEN {not_sent} THEN EXCLUDED.value ELSE d.value END,
       dead_letter_id =
           CASE WHEN {not_sent} THEN EXCLUDED.dead_letter_id ELSE d.dead_letter_id END
RETURNING d.status, d.dead_letter_id;

-- name: resend
-- Finished deliveries with one of `statuses`, of a destination that still exists: all, or those of some
-- events or of a store. Excludes those that finished after %(now)s. Their letters wait for the outcome.
WITH chosen AS (
    SELECT destination_id, store_id, event_id, received_at, stream FROM deliveries
     WHERE destination_id = %(destination_id)s
       AND EXISTS (SELECT FROM destinations WHERE destination_id = %(destination_id)s)
       AND (%(event_ids)s::uuid[] IS NULL OR event_id = ANY (%(event_ids)s::uuid[]))
       AND (%(store_id)s::uuid IS NULL OR store_id = %(store_id)s)
       AND status = ANY (%(statuses)s::text[]) AND status <> 'pending'
       AND (finished_at IS NULL OR finished_at <= %(now)s)
     ORDER BY sequence LIMIT %(count)s
       FOR UPDATE SKIP LOCKED
), queued AS (
    UPDATE deliveries AS d
       SET status = 'pending', batch_id = NULL, finished_at = NULL, skipped_order = NULL,
           earlier_batches = array_remove(d.earlier_batches || d.batch_id, NULL)
      FROM chosen c
     WHERE (d.destination_id, d.store_id, d.event_id, d.received_at, d.stream)
         = (c.destination_id, c.store_id, c.event_id, c.received_at, c.stream)
    RETURNING d.dead_letter_id
), held AS (
    UPDATE dead_letters
       SET status = 'reprocessing', claimed_by = NULL, claimed_until = NULL, updated_at = %(now)s
     WHERE dead_letter_id IN (SELECT dead_letter_id FROM queued)
       AND status IN ('open', 'discarded')
    RETURNING dead_letter_id
), trail AS (
    INSERT INTO dead_letter_actions (dead_letter_id, action, actor, why, at)
    SELECT dead_letter_id, 'replayed', %(actor)s, 'its delivery is sent again', %(now)s FROM held
)
SELECT count(*) FROM queued;
