-- What was bought, by product. Whoever stages tellings of orders takes these statements, after those
-- of orders.

-- name: stage
CREATE TEMP TABLE stage_order_lines (
    store_id uuid, order_id text, product_id text, word text COLLATE "C", name text, units bigint,
    revenue numeric, currency text
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_product_sales_daily (LIKE product_sales_daily) ON COMMIT DELETE ROWS;

-- name: order_lines
-- The lines of the orders that were told, made anew. Their rows in orders are locked by now, and
-- this statement sees what they have become, so that nobody else makes the same lines.
--
-- Once an order has items it has them for good. Until then its lines are the products that purchases
-- named by themselves, of which the hundred with the greatest words stay: no order makes a slice long.
WITH told AS (
    SELECT store_id, order_id FROM stage_order_lines GROUP BY store_id, order_id
), sold AS (
    SELECT o.store_id, o.order_id, o.day, o.is_bot, o.items, o.items_currency, o.items_word
      FROM told JOIN orders o USING (store_id, order_id)
     WHERE o.status IN ('paid', 'refunded')
), named AS (
    SELECT DISTINCT ON (store_id, order_id, product_id) *
      FROM (SELECT * FROM stage_order_lines WHERE product_id IS NOT NULL
            UNION ALL
            SELECT store_id, order_id, l.product_id, l.word, l.name, l.units, l.revenue, l.currency
              FROM sold JOIN order_lines l USING (store_id, order_id)
             WHERE items IS NULL) AS words
     ORDER BY store_id, order_id, product_id, word DESC
), latest AS (
    SELECT *, row_number() OVER (PARTITION BY store_id, order_id ORDER BY word DESC) AS place
      FROM named
), wanted AS MATERIALIZED (
    SELECT store_id, order_id, l.product_id, day, coalesce(items_currency, '') AS currency, is_bot,
           items_word AS word, l.name, l.units, l.revenue
      FROM sold
     CROSS JOIN LATERAL (
           SELECT product_id, max(name COLLATE "C") AS name, sum(quantity)::bigint AS units,
                  sum(quantity * price) AS revenue
             FROM jsonb_to_recordset(items)
                  AS line(product_id text, name text, quantity bigint, price numeric)
            GROUP BY product_id) AS l
     WHERE items IS NOT NULL
    UNION ALL
    SELECT store_id, order_id, l.product_id, day, l.currency, is_bot, l.word, l.name, l.units,
           l.revenue
      FROM sold JOIN latest l USING (store_id, order_id)
     WHERE items IS NULL AND place <= 100
), gone AS (
    DELETE FROM order_lines t USING told
     WHERE t.store_id = told.store_id AND t.order_id = told.order_id
       AND NOT EXISTS (SELECT FROM wanted w
                        WHERE w.store_id = t.store_id AND w.order_id = t.order_id
                          AND w.product_id = t.product_id)
)
INSERT INTO order_lines AS t
SELECT * FROM wanted ORDER BY store_id, order_id, product_id
ON CONFLICT (store_id, order_id, product_id) DO UPDATE
   SET day = EXCLUDED.day, currency = EXCLUDED.currency, is_bot = EXCLUDED.is_bot,
       word = EXCLUDED.word, name = EXCLUDED.name, units = EXCLUDED.units,
       revenue = EXCLUDED.revenue
 WHERE (t.day, t.currency, t.is_bot, t.word) IS DISTINCT FROM
       (EXCLUDED.day, EXCLUDED.currency, EXCLUDED.is_bot, EXCLUDED.word);

-- name: product_sales_daily
INSERT INTO product_sales_daily AS t
SELECT * FROM stage_product_sales_daily ORDER BY store_id, day, product_id, currency, is_bot
ON CONFLICT (store_id, day, product_id, currency, is_bot) DO UPDATE
   SET name = greatest(t.name COLLATE "C", EXCLUDED.name),
       purchases = t.purchases + EXCLUDED.purchases,
       units = t.units + EXCLUDED.units,
       revenue = t.revenue + EXCLUDED.revenue;
