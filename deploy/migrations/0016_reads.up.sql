-- Reads that find a store's rows without walking all of them, and more of what activity says.

ALTER TABLE customer_activity
    ADD COLUMN order_id text,
    ADD COLUMN name text,
    ADD COLUMN items jsonb,
    ADD COLUMN view_id text,
    ADD COLUMN customer_id text;
COMMENT ON COLUMN customer_activity.name IS 'Of a custom event';

-- By ascending time, though the newest are asked for: what comes in goes to the end of its visitor or
-- type, where a full page is split so that the old half stays full.
-- A visitor's entries lie all over the index: of a hash they are half as wide, and a slice pays a third.
CREATE INDEX customer_activity_visitor ON customer_activity
       (hashtextextended(visitor_id, uuid_hash_extended(store_id, 0)), occurred_at)
    WHERE visitor_id IS NOT NULL;
-- Most of all rows are views, which are found by walking: the list says between which hours.
CREATE INDEX customer_activity_type ON customer_activity (store_id, activity_type, occurred_at)
    WHERE activity_type NOT IN ('page_view', 'product_view');
-- The name under which a custom event counts: `domain.event_names` says it of one text. White space is
-- named in full, since what a server takes for it depends on its locale.
CREATE FUNCTION counted_name(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN btrim(left(btrim(regexp_replace(
    normalize(name),
    '[\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+',
    ' ', 'g')), 255));
GRANT EXECUTE ON FUNCTION counted_name TO storepulse_agents, storepulse_query, storepulse_operator;
CREATE INDEX customer_activity_name ON customer_activity (store_id, counted_name(name), occurred_at)
    WHERE activity_type = 'custom';
CREATE INDEX sessions_visitor ON sessions
       (hashtextextended(visitor_id, uuid_hash_extended(store_id, 0)), started_at)
    WHERE visitor_id IS NOT NULL;
CREATE INDEX landing_events_session ON landing_events (store_id, session_id, occurred_at);
CREATE INDEX tg_analytics_events_session ON tg_analytics_events (store_id, session_id, occurred_at);
CREATE INDEX pulse_events_session ON pulse_events (store_id, session_id, occurred_at)
    WHERE session_id IS NOT NULL;
CREATE INDEX order_events_session ON order_events (store_id, session_id, occurred_at)
    WHERE session_id IS NOT NULL;
CREATE INDEX orders_of_status ON orders (store_id, status, counted_at);
CREATE INDEX orders_of_channel ON orders (store_id, channel, counted_at) WHERE channel IS NOT NULL;
CREATE INDEX cart_tracking_events_store ON cart_tracking_events (store_id, created_at);
CREATE INDEX deliveries_of_store ON deliveries (store_id, received_at);
CREATE INDEX dead_letters_of_store ON dead_letters (store_id, created_at, dead_letter_id);

-- Sessions that began and ended at a page, on the store's local day on which they began. Here and below
-- pages of tables have room, so that an update leaves the index alone.
ALTER TABLE pages_daily
    ADD COLUMN entries bigint NOT NULL DEFAULT 0,
    ADD COLUMN exits bigint NOT NULL DEFAULT 0,
    SET (fillfactor = 70);
INSERT INTO pages_daily AS t
SELECT store_id, day, text_hash(page), is_bot, page, 0, sum(entry), sum(exit)
  FROM sessions
 CROSS JOIN LATERAL (VALUES (entry_page, 1, 0), (exit_page, 0, 1)) AS edge (page, entry, exit)
 WHERE page IS NOT NULL
 GROUP BY store_id, day, page, is_bot
ON CONFLICT (store_id, day, page_hash, is_bot) DO UPDATE
   SET entries = EXCLUDED.entries, exits = EXCLUDED.exits;

-- Weeks of a day table, so that a long period is read by its weeks and only by the days at its ends. A
-- week is named by its Monday.
CREATE TABLE cart_products_weekly (
    store_id         uuid NOT NULL,
    week             date NOT NULL,
    product_id       text NOT NULL,
    store_name       text NOT NULL,
    is_bot           boolean NOT NULL,
    carts            bigint NOT NULL,
    generated_images bigint NOT NULL,
    PRIMARY KEY (store_id, week, product_id, store_name, is_bot)
) WITH (fillfactor = 70);
INSERT INTO cart_products_weekly
SELECT store_id, date_trunc('week', day)::date, product_id, store_name, is_bot, sum(carts),
       sum(generated_images)
  FROM cart_products_daily GROUP BY 1, 2, 3, 4, 5;

-- How many events the heatmap of a page has, by day of UTC. Hours of days that are not whole are read
-- from the heatmap itself.
CREATE TABLE heatmap_pages_daily (
    page_id        int NOT NULL,
    day            date NOT NULL,
    is_bot         boolean NOT NULL,
    pointer_events bigint NOT NULL,
    scroll_events  bigint NOT NULL,
    PRIMARY KEY (page_id, day, is_bot)
) WITH (fillfactor = 70);
COMMENT ON COLUMN heatmap_pages_daily.day IS 'Of UTC';
INSERT INTO heatmap_pages_daily
SELECT page_id, (hour AT TIME ZONE 'UTC')::date, is_bot, sum(pointed), sum(scrolled)
  FROM (SELECT page_id, hour, is_bot, events AS pointed, 0 AS scrolled FROM heatmap_cells
        UNION ALL
        SELECT page_id, hour, is_bot, 0, events FROM heatmap_scroll WHERE events <> 0) AS told
 GROUP BY 1, 2, 3;

-- The day before which days are closed at a moment: they are over in every time zone, so that little is
-- still told of them.
CREATE FUNCTION closed_before(at timestamptz) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (at AT TIME ZONE 'UTC')::date - 1;
GRANT EXECUTE ON FUNCTION closed_before TO storepulse_agents;

-- How often figures of a closed day were changed. Who remembers what a table says of closed days is
-- right for as long as this says the same: whoever changes such a table adds to it, in the same
-- transaction.
CREATE TABLE late_changes (
    store_id uuid NOT NULL,
    figures  text NOT NULL,
    day      date NOT NULL,
    changes  bigint NOT NULL,
    PRIMARY KEY (store_id, figures, day)
);
COMMENT ON COLUMN late_changes.figures IS
    'The table; of heatmaps heatmap, and heatmap_views for what views change';
COMMENT ON COLUMN late_changes.day IS 'As the table has it';

-- An upsert says what a row was by writing it down.
ALTER TABLE images ADD COLUMN day_before date;
COMMENT ON COLUMN images.day_before IS 'The day until the last change of the row';

GRANT SELECT, INSERT, UPDATE
   ON heatmap_pages_daily, cart_products_weekly, late_changes
   TO storepulse_agents;
GRANT SELECT
   ON heatmap_pages_daily, cart_products_weekly, late_changes
   TO storepulse_query, storepulse_operator;
