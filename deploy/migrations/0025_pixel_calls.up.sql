-- Which pixels were called for which purchase, and the purchases that name no order.

CREATE TABLE pixel_calls (
    store_id uuid NOT NULL,
    purchase text COLLATE "C" NOT NULL,
    pixel    text NOT NULL,
    day      date,
    is_bot   boolean NOT NULL,
    PRIMARY KEY (store_id, purchase, pixel)
);
COMMENT ON COLUMN pixel_calls.purchase IS
    'What every platform is given: purchase: and the order''s bare number, else the event''s id';
COMMENT ON COLUMN pixel_calls.pixel IS
    'meta or google; empty: the row is of a purchase without an order''s number, not of a call';
COMMENT ON COLUMN pixel_calls.day IS 'Of a purchase without an order''s number; else null';
COMMENT ON COLUMN pixel_calls.is_bot IS 'False if any telling was by a person';
CREATE INDEX pixel_calls_day ON pixel_calls (store_id, day) WHERE pixel = '';

GRANT SELECT, INSERT, UPDATE ON pixel_calls TO storepulse_agents;
GRANT SELECT ON pixel_calls TO storepulse_query, storepulse_operator;

-- What is stored already. The day is asked for once for each quarter of an hour: all zones are whole
-- quarters from UTC.
WITH sales AS (
    SELECT store_id, event_id, is_bot, date_bin('15 minutes', occurred_at, '2000-01-01Z') AS at
      FROM customer_activity
     WHERE activity_type = 'purchase' AND coalesce(order_id, '') = '' AND value IS NOT NULL
), days AS (
    SELECT store_id, at, store_day(store_id, at) AS day
      FROM (SELECT DISTINCT store_id, at FROM sales) AS moments
)
INSERT INTO pixel_calls (store_id, purchase, pixel, day, is_bot)
SELECT store_id, event_id::text, '', day, is_bot FROM sales JOIN days USING (store_id, at)
ON CONFLICT DO NOTHING;
