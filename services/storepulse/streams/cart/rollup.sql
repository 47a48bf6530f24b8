-- name: stage
CREATE TEMP TABLE stage_cart_hourly (LIKE cart_hourly) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_cart_products_daily (LIKE cart_products_daily) ON COMMIT DELETE ROWS;

-- name: cart_hourly
INSERT INTO cart_hourly AS t
SELECT * FROM stage_cart_hourly ORDER BY store_id, day, hour, store_name, is_bot
ON CONFLICT (store_id, day, hour, store_name, is_bot) DO UPDATE
   SET carts = t.carts + EXCLUDED.carts,
       generated_images = t.generated_images + EXCLUDED.generated_images,
       person_images = t.person_images + EXCLUDED.person_images,
       clothing_images = t.clothing_images + EXCLUDED.clothing_images;

-- name: cart_products_daily
-- By week too, from the same rows. `late` records changes of closed days.
WITH weeks AS (
    INSERT INTO cart_products_weekly AS t
    SELECT store_id, date_trunc('week', day)::date, product_id, store_name, is_bot, sum(carts),
           sum(generated_images)
      FROM stage_cart_products_daily
     GROUP BY 1, 2, 3, 4, 5
     ORDER BY 1, 2, 3, 4, 5
    ON CONFLICT (store_id, week, product_id, store_name, is_bot) DO UPDATE
       SET carts = t.carts + EXCLUDED.carts,
           generated_images = t.generated_images + EXCLUDED.generated_images
), late AS (
    INSERT INTO late_changes AS l
    SELECT store_id, 'cart_products_daily', day, 1 FROM stage_cart_products_daily
     WHERE day < closed_before(now()) GROUP BY store_id, day ORDER BY store_id, day
    ON CONFLICT (store_id, figures, day) DO UPDATE SET changes = l.changes + 1
)
INSERT INTO cart_products_daily AS t
SELECT * FROM stage_cart_products_daily ORDER BY store_id, day, product_id, store_name, is_bot
ON CONFLICT (store_id, day, product_id, store_name, is_bot) DO UPDATE
   SET product_title = greatest(t.product_title COLLATE "C", EXCLUDED.product_title),
       carts = t.carts + EXCLUDED.carts,
       generated_images = t.generated_images + EXCLUDED.generated_images;
