-- Images, reported by activity and bots (generated) and by carts (named).

-- name: stage
CREATE TEMP TABLE stage_images (
    store_id uuid, address text, generated_word text COLLATE "C", generated_at timestamptz, day date,
    product_id text, is_bot boolean, is_carted boolean, is_carted_by_bot boolean
) ON COMMIT DELETE ROWS;

-- name: images
-- All streams lock rows in key order. The smallest word and any cart count, so that events may arrive in any order and
-- repeatedly. Rows that would change nothing are filtered out first, which takes no lock and leaves no dead row.
-- Changes of closed days are recorded.
WITH written AS (
    INSERT INTO images AS t (store_id, image_hash, generated_word, generated_at, day, product_id, is_bot,
           is_carted, is_carted_by_bot)
    SELECT s.store_id, text_hash(s.address), s.generated_word, s.generated_at, s.day, s.product_id,
           s.is_bot, s.is_carted, s.is_carted_by_bot
      FROM stage_images s
     WHERE NOT EXISTS (
           SELECT FROM images k
            WHERE k.store_id = s.store_id AND k.image_hash = text_hash(s.address)
              AND (s.generated_word IS NULL OR k.generated_word <= s.generated_word)
              AND k.is_carted >= s.is_carted AND k.is_carted_by_bot >= s.is_carted_by_bot)
     ORDER BY s.store_id, text_hash(s.address)
    ON CONFLICT (store_id, image_hash) DO UPDATE
       SET day_before = t.day,
           generated_at = CASE WHEN t.generated_word IS NULL
                                 OR EXCLUDED.generated_word < t.generated_word
               THEN EXCLUDED.generated_at ELSE t.generated_at END,
           day = CASE WHEN t.generated_word IS NULL OR EXCLUDED.generated_word < t.generated_word
               THEN EXCLUDED.day ELSE t.day END,
           product_id = CASE WHEN t.generated_word IS NULL
                               OR EXCLUDED.generated_word < t.generated_word
               THEN EXCLUDED.product_id ELSE t.product_id END,
           is_bot = CASE WHEN t.generated_word IS NULL OR EXCLUDED.generated_word < t.generated_word
               THEN EXCLUDED.is_bot ELSE t.is_bot END,
           generated_word = least(t.generated_word, EXCLUDED.generated_word),
           is_carted = t.is_carted OR EXCLUDED.is_carted,
           is_carted_by_bot = t.is_carted_by_bot OR EXCLUDED.is_carted_by_bot
    RETURNING store_id, day, day_before
), late AS (
    INSERT INTO late_changes AS l
    SELECT store_id, 'images', day, 1
      FROM (SELECT store_id, day FROM written UNION SELECT store_id, day_before FROM written) AS days
     WHERE day < closed_before(now())
     ORDER BY store_id, day
    ON CONFLICT (store_id, figures, day) DO UPDATE SET changes = l.changes + 1
)
SELECT FROM written;
