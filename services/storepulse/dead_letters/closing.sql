-- Closes letters without a replay, and reopens them. Statements that lock several letters lock them
-- in the order of their ids or skip locked ones, to avoid deadlocks.

-- name: discard
WITH chosen AS (
    SELECT dead_letter_id FROM dead_letters
     WHERE {filter} AND {is_free}
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
