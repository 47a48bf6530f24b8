-- Claims of letters by replays. Statements skip letters that another run has locked.

-- name: claim
-- The next letters of a run, oldest first. A run takes each letter once, even if it returns meanwhile.
WITH chosen AS (
    SELECT dead_letter_id FROM dead_letters
     WHERE {filter} AND {is_next}
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

-- name: peek
-- The letters that a run would claim, without claiming them.
SELECT {columns} FROM dead_letters
 WHERE {filter} AND {is_next}
 ORDER BY created_at, dead_letter_id
 LIMIT %(count)s;

-- name: extend
-- Only while this run still has the claim: the outcome of a replay may have ended it already.
UPDATE dead_letters SET claimed_until = %(claimed_until)s
 WHERE dead_letter_id = ANY (%(ids)s::uuid[])
   AND status = 'reprocessing' AND claimed_by = %(claimant)s;

-- name: release
UPDATE dead_letters SET status = 'open', claimed_by = NULL, claimed_until = NULL
 WHERE dead_letter_id = ANY (%(ids)s::uuid[])
   AND status = 'reprocessing' AND claimed_by = %(claimant)s;

-- name: leave_to_delivery
-- Removes the time limit: only the outcome of the delivery ends the claim.
UPDATE dead_letters SET claimed_by = NULL, claimed_until = NULL
 WHERE dead_letter_id = ANY (%(ids)s::uuid[]);

-- name: record_replayed
INSERT INTO dead_letter_actions (dead_letter_id, action, actor, why, details, at)
SELECT unnest(%(ids)s::uuid[]), 'replayed', %(actor)s, '', %(details)s, %(now)s;
