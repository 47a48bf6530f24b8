-- Which letters a replay has. Letters that another run has locked are that run's.

-- name: claim
-- The next letters of a run, oldest first, each once a run: what dies again while the run lasts lies
-- behind it.
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
-- The same without touching anything: what a run would take.
SELECT {columns} FROM dead_letters
 WHERE {filter} AND {is_next}
 ORDER BY created_at, dead_letter_id
 LIMIT %(count)s;

-- name: extend
-- While the claim is still this run's: a letter whose replay has come back by now is not.
UPDATE dead_letters SET claimed_until = %(claimed_until)s
 WHERE dead_letter_id = ANY (%(ids)s::uuid[])
   AND status = 'reprocessing' AND claimed_by = %(claimant)s;

-- name: release
UPDATE dead_letters SET status = 'open', claimed_by = NULL, claimed_until = NULL
 WHERE dead_letter_id = ANY (%(ids)s::uuid[])
   AND status = 'reprocessing' AND claimed_by = %(claimant)s;

-- name: leave_to_delivery
-- The outcome of the delivery ends such a claim, however long that takes.
UPDATE dead_letters SET claimed_by = NULL, claimed_until = NULL
 WHERE dead_letter_id = ANY (%(ids)s::uuid[]);

-- name: record_replayed
INSERT INTO dead_letter_actions (dead_letter_id, action, actor, why, details, at)
SELECT unnest(%(ids)s::uuid[]), 'replayed', %(actor)s, '', %(details)s, %(now)s;
