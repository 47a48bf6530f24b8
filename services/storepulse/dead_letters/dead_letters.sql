-- The index of dead letters: listing, replaying, closing, and what came of a replay.
--
-- Times are handed in. Who locks several letters locks them in the order of their ids or skips what
-- is locked, so that nobody waits in a circle.

-- fragment: filter
(%(ids)s::uuid[] IS NULL OR dead_letter_id = ANY (%(ids)s::uuid[]))
   AND (%(stream)s::text IS NULL OR stream = %(stream)s)
   AND (%(stage)s::text IS NULL OR stage = %(stage)s)
   AND (%(reason)s::text IS NULL OR reason = %(reason)s)
   AND (%(store_id)s::uuid IS NULL OR store_id = %(store_id)s)
   AND (%(destination_id)s::uuid IS NULL OR destination_id = %(destination_id)s)
   AND (%(since)s::timestamptz IS NULL OR created_at >= %(since)s)
   AND (%(statuses)s::text[] IS NULL OR status = ANY (%(statuses)s::text[]))
   AND (%(quarantined)s::boolean IS NULL OR (quarantined_at IS NOT NULL) = %(quarantined)s)

-- fragment: columns
dead_letter_id, stream, stage, status, reason, field, message, topic, topic_id, partition, "offset",
       store_id, event_id, destination_id, received_at, key, value, header_names, header_values,
       code_version, replays, created_at, updated_at, claimed_until, quarantined_at

-- name: groups
SELECT stream, stage, reason, count(*) AS letters,
       count(*) FILTER (WHERE quarantined_at IS NOT NULL) AS quarantined,
       min(created_at) AS first_at, max(created_at) AS last_at,
       (array_agg(dead_letter_id ORDER BY created_at DESC, dead_letter_id DESC))[1] AS newest_id
  FROM dead_letters
 WHERE {filter}
 GROUP BY stream, stage, reason
 ORDER BY letters DESC, stream, stage, reason;

-- name: page
SELECT {columns}
  FROM dead_letters
 WHERE {filter}
   AND (%(before)s::timestamptz IS NULL
        OR (created_at, dead_letter_id) < (%(before)s::timestamptz, %(before_id)s::uuid))
 ORDER BY created_at DESC, dead_letter_id DESC
 LIMIT %(count)s;

-- name: counts
SELECT count(*) AS letters,
       count(*) FILTER (WHERE status = 'open' AND quarantined_at IS NULL
                           OR status = 'reprocessing' AND claimed_until < %(now)s) AS replayable,
       count(*) FILTER (WHERE status = 'open'
                           OR status = 'reprocessing' AND claimed_until < %(now)s) AS discardable
  FROM dead_letters
 WHERE {filter};

-- name: letter
SELECT {columns} FROM dead_letters WHERE dead_letter_id = %(dead_letter_id)s;

-- name: actions
SELECT action, actor, why, details, at
  FROM dead_letter_actions WHERE dead_letter_id = %(dead_letter_id)s ORDER BY action_id;

-- name: states
-- What became of these letters.
SELECT dead_letter_id, status, quarantined_at IS NOT NULL AS quarantined, claimed_until, store_id
  FROM dead_letters WHERE dead_letter_id = ANY (%(ids)s::uuid[]);

-- name: open_counts
-- For the metric: reasons are few, and where they are not, the most frequent ones tell enough.
SELECT stream, reason, count(*) AS letters
  FROM dead_letters WHERE status = 'open'
 GROUP BY stream, reason ORDER BY letters DESC LIMIT 200;

-- name: claim
-- The next letters of a run, oldest first, each once a run: what dies again while the run lasts
-- lies behind it. Letters that another run has locked are that run's.
WITH chosen AS (
    SELECT dead_letter_id FROM dead_letters
     WHERE {filter}
       AND status IN ('open', 'reprocessing')
       AND (status = 'open' OR claimed_until < %(now)s)
       AND quarantined_at IS NULL
       AND created_at <= %(started_at)s
       AND (created_at, dead_letter_id) > (%(after)s::timestamptz, %(after_id)s::uuid)
     ORDER BY created_at, dead_letter_id
     LIMIT %(count)s
       FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE dead_letters AS d
       SET status = 'reprocessing', claimed_by = %(claimant)s, claimed_until = %(claimed_until)s,
           updated_at = %(now)s
      FROM chosen WHERE d.dead_letter_id = chosen.dead_letter_id
    RETURNING d.*
)
SELECT {columns} FROM claimed ORDER BY created_at, dead_letter_id;

-- name: replayable
-- The same without touching anything: what a run would take.
SELECT {columns} FROM dead_letters
 WHERE {filter}
   AND status IN ('open', 'reprocessing')
   AND (status = 'open' OR claimed_until < %(now)s)
   AND quarantined_at IS NULL
   AND created_at <= %(started_at)s
   AND (created_at, dead_letter_id) > (%(after)s::timestamptz, %(after_id)s::uuid)
 ORDER BY created_at, dead_letter_id
 LIMIT %(count)s;

-- name: extend_claims
-- While the claim is still this run's: a letter whose replay has come back by now is not.
UPDATE dead_letters SET claimed_until = %(claimed_until)s
 WHERE dead_letter_id = ANY (%(ids)s::uuid[])
   AND status = 'reprocessing' AND claimed_by = %(claimant)s;

-- name: release_claims
UPDATE dead_letters SET status = 'open', claimed_by = NULL, claimed_until = NULL
 WHERE dead_letter_id = ANY (%(ids)s::uuid[])
   AND status = 'reprocessing' AND claimed_by = %(claimant)s;

-- name: hold_for_delivery
-- The outcome of the delivery ends such a claim, however long that takes.
UPDATE dead_letters SET claimed_by = NULL, claimed_until = NULL
 WHERE dead_letter_id = ANY (%(ids)s::uuid[]);

-- name: record_action
INSERT INTO dead_letter_actions (dead_letter_id, action, actor, why, details, at)
SELECT unnest(%(ids)s::uuid[]), %(action)s, %(actor)s, %(why)s, %(details)s, %(now)s;

-- name: discard
WITH chosen AS (
    SELECT dead_letter_id FROM dead_letters
     WHERE {filter} AND (status = 'open' OR status = 'reprocessing' AND claimed_until < %(now)s)
     ORDER BY dead_letter_id FOR UPDATE
), discarded AS (
    UPDATE dead_letters AS d
       SET status = 'discarded', claimed_by = NULL, claimed_until = NULL, updated_at = %(now)s
      FROM chosen WHERE d.dead_letter_id = chosen.dead_letter_id
    RETURNING d.dead_letter_id
)
INSERT INTO dead_letter_actions (dead_letter_id, action, actor, why, at)
SELECT dead_letter_id, 'discarded', %(actor)s, %(why)s, %(now)s FROM discarded
RETURNING dead_letter_id;

-- name: reopen
WITH reopened AS (
    UPDATE dead_letters
       SET status = 'open', quarantined_at = NULL, claimed_by = NULL, claimed_until = NULL,
           updated_at = %(now)s
     WHERE dead_letter_id = ANY (%(ids)s::uuid[])
       AND (%(store_id)s::uuid IS NULL OR store_id = %(store_id)s)
       AND (status IN ('discarded', 'resolved') OR status = 'open' AND quarantined_at IS NOT NULL)
    RETURNING dead_letter_id
)
INSERT INTO dead_letter_actions (dead_letter_id, action, actor, why, at)
SELECT dead_letter_id, 'reopened', %(actor)s, %(why)s, %(now)s FROM reopened
RETURNING dead_letter_id;

-- name: lock_letters
-- For the agents, in a slice's transaction: the letters that the slice's replays belong to; those
-- that are none of ours do not come back.
SELECT dead_letter_id FROM dead_letters
 WHERE dead_letter_id = ANY (%(ids)s::uuid[]) ORDER BY dead_letter_id FOR UPDATE;

-- name: resolve_letters
-- For the agents: letters whose replays were applied.
WITH resolved AS (
    UPDATE dead_letters
       SET status = 'resolved', claimed_by = NULL, claimed_until = NULL, updated_at = %(now)s
     WHERE dead_letter_id = ANY (%(ids)s::uuid[]) AND status <> 'resolved'
    RETURNING dead_letter_id
)
INSERT INTO dead_letter_actions (dead_letter_id, action, actor, why, at)
SELECT dead_letter_id, 'resolved', 'agents', 'its replay was applied', %(now)s FROM resolved;

-- name: return_letter
-- For the agents: a replay that died again. Each such record leaves its place in the trail, by which the audit
-- counts it; the letter itself changes once for each replay, however many copies of it die.
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

-- name: insert_foreign
-- What other tools leave in our dead-letter topics.
INSERT INTO dead_letters
       (stream, stage, reason, message, topic, topic_id, partition, "offset", store_id, event_id,
        received_at, key, value, header_names, header_values, code_version, created_at, updated_at)
VALUES (%(stream)s, 'foreign', %(reason)s, %(message)s, %(topic)s, %(topic_id)s, %(partition)s,
        %(offset)s, %(store_id)s, %(event_id)s, %(received_at)s, %(key)s, %(value)s,
        %(header_names)s::text[], %(header_values)s::bytea[], %(code_version)s, %(now)s, %(now)s)
ON CONFLICT DO NOTHING;

-- name: resolve_delivered
-- For the sender, in the transaction of its outcomes. With the dead_letter_ids of deliveries that became 'sent' (nulls do no harm): closes the letters
-- that they were queued again from.
WITH resolved AS (
    UPDATE dead_letters
       SET status = 'resolved', claimed_by = NULL, claimed_until = NULL, updated_at = %(now)s
     WHERE dead_letter_id = ANY (%(ids)s::uuid[]) AND status <> 'resolved'
    RETURNING dead_letter_id
)
INSERT INTO dead_letter_actions (dead_letter_id, action, actor, why, at)
SELECT dead_letter_id, 'resolved', 'delivery', 'the destination has it', %(now)s FROM resolved;

-- name: delivery_failed
-- One delivery that finally failed. Where it came from a letter (`dead_letter_id` of its row, else
-- null) or this destination has one of the same record, that letter returns; else a new one is
-- made. Gives the letter's id, for `deliveries.dead_letter_id`, and how often it was replayed.
WITH returned AS (
    UPDATE dead_letters
       SET status = 'open', reason = %(reason)s, message = %(message)s,
           code_version = %(code_version)s, replays = replays + 1,
           claimed_by = NULL, claimed_until = NULL, updated_at = %(now)s,
           quarantined_at = CASE WHEN replays + 1 >= %(max_replays)s THEN %(now)s::timestamptz END
     WHERE dead_letter_id = %(dead_letter_id)s::uuid
    RETURNING dead_letter_id, replays, quarantined_at
), made AS (
    INSERT INTO dead_letters AS d
           (stream, stage, reason, message, topic, topic_id, partition, "offset", store_id, event_id,
            destination_id, received_at, key, value, header_names, header_values, code_version,
            created_at, updated_at)
    SELECT %(stream)s, 'delivery', %(reason)s, %(message)s, %(topic)s, %(topic_id)s, %(partition)s,
           %(offset)s, %(store_id)s, %(event_id)s, %(destination_id)s, %(received_at)s, %(key)s,
           %(value)s, %(header_names)s::text[], %(header_values)s::bytea[], %(code_version)s,
           %(now)s, %(now)s
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
-- With the dead_letter_ids of deliveries that the destination must not have any more (nulls do no
-- harm), such as for a consent that was withdrawn: closes their letters, nothing is left to do.
WITH discarded AS (
    UPDATE dead_letters
       SET status = 'discarded', claimed_by = NULL, claimed_until = NULL, updated_at = %(now)s
     WHERE dead_letter_id = ANY (%(ids)s::uuid[]) AND status IN ('open', 'reprocessing')
    RETURNING dead_letter_id
)
INSERT INTO dead_letter_actions (dead_letter_id, action, actor, why, at)
SELECT dead_letter_id, 'discarded', 'delivery', %(why)s, %(now)s FROM discarded;
