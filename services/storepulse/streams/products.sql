-- What was bought, by product. Every slice that stages tellings of orders runs these statements, after those of
-- orders.

-- name: stage
CREATE TEMP TABLE stage_order_products (LIKE order_products) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_product_sales_daily (LIKE product_sales_daily) ON COMMIT DELETE ROWS;

-- name: order_products
-- Products that purchases name outside of items, under the purchase's number, whose row in order_tellings is locked
-- by now. A number with items keeps them and needs no products. Of other numbers, the hundred products with the
-- greatest words are kept, so that no order makes a slice long.
WITH told AS (
    SELECT store_id, number, items IS NOT NULL AS is_listed
      FROM (SELECT DISTINCT store_id, number FROM stage_order_products) AS staged
      JOIN order_tellings USING (store_id, number)
), named AS (
    SELECT DISTINCT ON (store_id, number, product_id) *
      FROM (SELECT * FROM stage_order_products
            UNION ALL
            SELECT p.* FROM told JOIN order_products p USING (store_id, number)) AS words
     ORDER BY store_id, number, product_id, word DESC
), latest AS (
    SELECT *, row_number() OVER (PARTITION BY store_id, number ORDER BY word DESC) AS place
      FROM named
), kept AS MATERIALIZED (
    SELECT latest.* FROM latest JOIN told USING (store_id, number) WHERE place <= 100 AND NOT is_listed
), gone AS (
    DELETE FROM order_products t USING told
     WHERE t.store_id = told.store_id AND t.number = told.number
       AND NOT EXISTS (SELECT FROM kept k
                        WHERE k.store_id = t.store_id AND k.number = t.number
                          AND k.product_id = t.product_id)
)
INSERT INTO order_products AS t
SELECT store_id, number, product_id, word, name, units, revenue, currency
  FROM kept ORDER BY store_id, number, product_id
ON CONFLICT (store_id, number, product_id) DO UPDATE
   SET word = EXCLUDED.word, name = EXCLUDED.name, units = EXCLUDED.units,
       revenue = EXCLUDED.revenue, currency = EXCLUDED.currency
 WHERE EXCLUDED.word > t.word;

-- name: order_lines
-- Recomputes the lines of the touched orders: their items, else the hundred products with the greatest words that
-- purchases named, minus returned ones. The orders' rows are locked by now, so that no other transaction computes the
-- same lines.
WITH sold AS (
    SELECT o.store_id, o.order_id, o.day, o.is_bot, o.items, o.items_currency, o.items_word
      FROM touched_orders JOIN orders o USING (store_id, order_id)
     WHERE o.status IN ('paid', 'refunded')
), named AS (
    SELECT DISTINCT ON (store_id, order_id, p.product_id) store_id, order_id, p.product_id, p.word,
           p.name, p.units, p.revenue, p.currency
      FROM sold
      JOIN order_tellings t USING (store_id, order_id)
      JOIN order_products p USING (store_id, number)
     WHERE sold.items IS NULL
     ORDER BY store_id, order_id, p.product_id, p.word DESC
), latest AS (
    SELECT *, row_number() OVER (PARTITION BY store_id, order_id ORDER BY word DESC) AS place
      FROM named
), bought AS (
    SELECT store_id, order_id, l.product_id, coalesce(items_currency, '') AS currency,
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
    SELECT store_id, order_id, product_id, currency, word, name, units, revenue
      FROM latest WHERE place <= 100
), refunds AS (
    SELECT DISTINCT ON (store_id, order_id, refund_id) store_id, order_id, refund_id, r.items, r.currency
      FROM sold
      JOIN order_tellings t USING (store_id, order_id)
      JOIN order_refunds r USING (store_id, number)
     ORDER BY store_id, order_id, refund_id, r.word DESC
), returned AS (
    SELECT store_id, order_id, line.product_id, currency, sum(line.quantity)::bigint AS units,
           sum(line.quantity * line.price) AS revenue
      FROM refunds
     CROSS JOIN LATERAL jsonb_to_recordset(items)
           AS line(product_id text, quantity bigint, price numeric)
     GROUP BY store_id, order_id, line.product_id, currency
), netted AS (
    SELECT store_id, order_id, product_id, sum(r.units)::bigint AS units, sum(r.revenue) AS revenue
      FROM bought b JOIN returned r USING (store_id, order_id, product_id)
     WHERE coalesce(r.currency, b.currency) = b.currency OR b.currency = ''
     GROUP BY store_id, order_id, product_id
), wanted AS MATERIALIZED (
    SELECT store_id, order_id, product_id, day, currency, is_bot, word, name,
           greatest(b.units - coalesce(n.units, 0), 0) AS units,
           greatest(b.revenue - coalesce(n.revenue, 0), 0) AS revenue
      FROM bought b
      JOIN sold USING (store_id, order_id)
      LEFT JOIN netted n USING (store_id, order_id, product_id)
), late AS (
    INSERT INTO late_changes AS l
    SELECT store_id, 'order_lines', day, 1
      FROM (SELECT store_id, day FROM wanted
            UNION
            SELECT store_id, day FROM order_lines JOIN touched_orders USING (store_id, order_id)) AS days
     WHERE day < closed_before(now())
     ORDER BY store_id, day
    ON CONFLICT (store_id, figures, day) DO UPDATE SET changes = l.changes + 1
), gone AS (
    DELETE FROM order_lines t USING touched_orders d
     WHERE t.store_id = d.store_id AND t.order_id = d.order_id
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
 WHERE t.* IS DISTINCT FROM EXCLUDED.*;

-- name: product_sales_daily
-- Here and elsewhere, `late` records changes of closed days.
WITH late AS (
    INSERT INTO late_changes AS l
    SELECT store_id, 'product_sales_daily', day, 1 FROM stage_product_sales_daily
     WHERE day < closed_before(now()) GROUP BY store_id, day ORDER BY store_id, day
    ON CONFLICT (store_id, figures, day) DO UPDATE SET changes = l.changes + 1
)
INSERT INTO product_sales_daily AS t
SELECT * FROM stage_product_sales_daily ORDER BY store_id, day, product_id, currency, is_bot
ON CONFLICT (store_id, day, product_id, currency, is_bot) DO UPDATE
   SET name = greatest(t.name COLLATE "C", EXCLUDED.name),
       purchases = t.purchases + EXCLUDED.purchases,
       units = t.units + EXCLUDED.units,
       revenue = t.revenue + EXCLUDED.revenue;
