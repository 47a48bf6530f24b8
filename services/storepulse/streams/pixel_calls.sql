-- Pixels that were called for purchases, and purchases without an order; reported by activity.

-- name: stage
CREATE TEMP TABLE stage_pixel_calls (
    store_id uuid, purchase text COLLATE "C", pixel text, day date, is_bot boolean
) ON COMMIT DELETE ROWS;

-- name: pixel_calls
-- A call counts as a person's if any report of it is. Rows that would change nothing are filtered out first, which
-- takes no lock and leaves no dead row: ten thousand reports of one call are one row.
INSERT INTO pixel_calls AS t (store_id, purchase, pixel, day, is_bot)
SELECT s.store_id, s.purchase, s.pixel, s.day, s.is_bot
  FROM stage_pixel_calls s
 WHERE NOT EXISTS (
       SELECT FROM pixel_calls k
        WHERE k.store_id = s.store_id AND k.purchase = s.purchase AND k.pixel = s.pixel
          AND k.is_bot <= s.is_bot)
 ORDER BY s.store_id, s.purchase, s.pixel
ON CONFLICT (store_id, purchase, pixel) DO UPDATE SET is_bot = least(t.is_bot, EXCLUDED.is_bot);
