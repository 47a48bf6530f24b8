-- Outcomes of replays and deliveries: the letter is resolved, returns, is quarantined or discarded.
-- Each statement runs in the transaction of the effect: the agents' slice, or the sender's outcomes.

-- name: lock_letters
-- Locks the letters of a slice's replays. Ids without a letter in this database give no row.
SELECT dead_letter_id FROM dead_letters
 WHERE dead_letter_id = ANY (%(ids)s::uuid[]) ORDER BY dead_letter_id FOR UPDATE;

-- name: resolve
-- Ids may be null.
WITH resolved AS (
    UPDATE dead_letters
       SET status = 'resolved', claimed_by = NULL, claimed_until = NULL, updated_at = %(now)s
     WHERE dead_letter_id = ANY (%(ids)s::uuid[]) AND status <> 'resolved'
    RETURNING dead_letter_id
)
INSERT INTO dead_letter_actions (dead_letter_id, action, actor, why, at)
SELECT dead_letter_id, 'resolved', %(actor)s, %(why)s, %(now)s FROM resolved;

-- name: return_letter
-- A replay that failed again. Each failed record adds a line with its position to the trail, which
-- the audit counts. The letter changes once for each replay, even if several copies of it fail.
WITH returned AS (
    UPDATE dead_letters
       SET status = 'open', stage = %(stage)s, reason = %(reason)s, field = %(field)s,
           message = %(message)s, code_version = %(code_version)s,
           store_id = coalesce(store_id, %(store_id)s::uuid),
           event_id = coalesce(event_id, %(event_id)s::uuid),
           received_at = coalesce(received_at, %(received_at)s::timestamptz),
           replays = %(replays)s, claimed_by = NULL, claimed_until = NULL, updated_at = %(now)s,
           quarantined_at = CASE WHEN %(replays)s >= %(max_replays)s THEN %(now)s::timestamptz END
     WHERE dead_letter_id = %(dead_letter_id)s
       AND status IN ('open', 'reprocessing') AND replays < %(replays)s
    RETURNING dead_letter_id, quarantined_at
)
INSERT INTO dead_letter_actions (dead_letter_id, action, actor, why, details, at)
SELECT %(dead_letter_id)s::uuid, 'returned', 'agents', %(reason)s,
       jsonb_build_object('topic', %(topic)s::text, 'topic_id', %(topic_id)s::text,
                          'partition', %(partition)s::int, 'offset', %(offset)s::bigint,
                          'replays', %(replays)s::int, 'message', %(message)s::text),
       %(now)s::timestamptz
UNION ALL
SELECT dead_letter_id, 'quarantined', 'agents', 'came back too often', '{}', %(now)s
  FROM returned WHERE quarantined_at IS NOT NULL;

-- name: fail_delivery
-- A delivery that failed for good. If it was queued from a letter (`dead_letter_id`), or if a letter
-- of the same record and destination exists, that letter returns; otherwise a new one is inserted.
-- Returns the letter's id, for `deliveries.dead_letter_id`, and how often it was replayed.
WITH returned AS (
    UPDATE dead_letters
       SET status = 'open', reason = %(reason)s, message = %(message)s,
           code_version = %(code_version)s, replays = replays + 1,
           claimed_by = NULL, claimed_until = NULL, updated_at = %(now)s,
           quarantined_at = CASE WHEN replays + 1 >= %(max_replays)s THEN %(now)s::timestamptz END
     WHERE dead_letter_id = %(dead_letter_id)s::uuid
    RETURNING dead_letter_id, replays, quarantined_at
), made AS (
    INSERT INTO dead_letters AS d ({new_columns})
    SELECT {new_values}
     WHERE NOT EXISTS (SELECT FROM returned)
    ON CONFLICT (topic_id, partition, "offset", destination_id) DO UPDATE
       SET status = 'open', reason = EXCLUDED.reason, message = EXCLUDED.message,
           code_version = EXCLUDED.code_version, replays = d.replays + 1,
           claimed_by = NULL, claimed_until = NULL, updated_at = EXCLUDED.updated_at,
           quarantined_at =
               CASE WHEN d.replays + 1 >= %(max_replays)s THEN EXCLUDED.updated_at END
    RETURNING dead_letter_id, replays, quarantined_at
), failed AS (
    SELECT * FROM returned UNION ALL SELECT * FROM made
), trail AS (
    INSERT INTO dead_letter_actions (dead_letter_id, action, actor, why, details, at)
    SELECT dead_letter_id, 'returned', 'delivery', %(reason)s,
           jsonb_build_object('replays', replays, 'message', %(message)s::text), %(now)s
      FROM failed WHERE replays > 0
    UNION ALL
    SELECT dead_letter_id, 'quarantined', 'delivery', 'came back too often', '{}', %(now)s
      FROM failed WHERE quarantined_at IS NOT NULL
)
SELECT dead_letter_id, replays FROM failed;

-- name: discard_undeliverable
-- Closes the letters of deliveries that the destination may not get any more, for example because
-- consent was withdrawn.
WITH discarded AS (
    UPDATE dead_letters
       SET status = 'discarded', claimed_by = NULL, claimed_until = NULL, updated_at = %(now)s
     WHERE dead_letter_id = ANY (%(ids)s::uuid[]) AND status IN ('open', 'reprocessing')
    RETURNING dead_letter_id
)
INSERT INTO dead_letter_actions (dead_letter_id, action, actor, why, at)
SELECT dead_letter_id, 'discarded', 'delivery', %(why)s, %(now)s FROM discarded;
