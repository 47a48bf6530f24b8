-- Heatmaps: cells, scroll reach, elements.

CREATE TYPE heatmap_device AS ENUM ('mobile', 'tablet', 'desktop', 'unknown');
CREATE TYPE heatmap_kind AS ENUM ('click', 'scroll', 'hover');

-- Cells name a page by number: their index would otherwise hold every path again and again.
CREATE TABLE pages (
    page_id   int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    store_id  uuid NOT NULL,
    page      text NOT NULL,
    page_hash bytea NOT NULL GENERATED ALWAYS AS (text_hash(page)) STORED,
    UNIQUE (store_id, page_hash)
);
COMMENT ON COLUMN pages.page IS 'Path of the URL, without query and fragment';
COMMENT ON COLUMN pages.page_hash IS 'SHA-256 of the path in UTF-8';

CREATE TABLE heatmap_cells (
    page_id  int NOT NULL,
    hour     timestamptz NOT NULL,
    device   heatmap_device NOT NULL,
    kind     heatmap_kind NOT NULL,
    col      smallint NOT NULL,
    "row"    smallint NOT NULL,
    is_bot   boolean NOT NULL,
    events   bigint NOT NULL,
    dwell_ms bigint NOT NULL,
    PRIMARY KEY (page_id, hour, device, kind, col, "row", is_bot)
) PARTITION BY RANGE (hour);
CREATE TABLE heatmap_cells_default PARTITION OF heatmap_cells DEFAULT WITH (fillfactor = 60);
COMMENT ON COLUMN heatmap_cells.col IS 'Of 128 columns across the viewport''s width';
COMMENT ON COLUMN heatmap_cells."row" IS 'Of 16 CSS pixels from the top of the page';
INSERT INTO partitioned_tables (parent, unit, keep, fill)
VALUES ('heatmap_cells', 'month', interval '6 months', 60);

CREATE TABLE heatmap_scroll (
    page_id int NOT NULL,
    hour    timestamptz NOT NULL,
    device  heatmap_device NOT NULL,
    reach   smallint NOT NULL CHECK (reach BETWEEN 0 AND 20),
    is_bot  boolean NOT NULL,
    events  bigint NOT NULL,
    views   bigint NOT NULL,
    PRIMARY KEY (page_id, hour, device, reach, is_bot)
);
COMMENT ON COLUMN heatmap_scroll.reach IS 'Twentieth of the page that was reached: 20 is its end';
COMMENT ON COLUMN heatmap_scroll.events IS 'Scroll events, each by its own hour, device and reach';
COMMENT ON COLUMN heatmap_scroll.views IS 'Views that were scrolled, by their row in heatmap_views';

-- What a later scroll event of a view is held against, for as long as ids of events are remembered.
CREATE TABLE heatmap_views (
    page_id    int NOT NULL,
    view       bytea NOT NULL,
    hour       timestamptz NOT NULL,
    device     heatmap_device NOT NULL,
    is_bot     boolean NOT NULL,
    reach      smallint NOT NULL CHECK (reach BETWEEN 0 AND 20),
    entered_on date NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')::date,
    PRIMARY KEY (page_id, view)
) WITH (fillfactor = 90);
-- By day only: few entries, and each goes to the end.
CREATE INDEX heatmap_views_entered_on ON heatmap_views (entered_on);
COMMENT ON COLUMN heatmap_views.view IS
    'First 16 bytes of the SHA-256 of the session with the view''s id, or else with the hour';
COMMENT ON COLUMN heatmap_views.hour IS
    'Least of (hour, device, is_bot) of its events, as are device and is_bot';
COMMENT ON COLUMN heatmap_views.reach IS 'Twentieth of the page that was reached: 20 is its end';

CREATE TABLE heatmap_elements (
    page_id     int NOT NULL,
    hour        timestamptz NOT NULL,
    device      heatmap_device NOT NULL,
    selector    text NOT NULL,
    is_bot      boolean NOT NULL,
    clicks      bigint NOT NULL,
    rage_clicks bigint NOT NULL,
    dead_clicks bigint NOT NULL,
    hovers      bigint NOT NULL,
    dwell_ms    bigint NOT NULL,
    PRIMARY KEY (page_id, hour, device, selector, is_bot)
);
COMMENT ON COLUMN heatmap_elements.selector IS 'Empty where the client named no element';
COMMENT ON COLUMN heatmap_elements.rage_clicks IS
    'Clicks that two others of the session went before within 30 px and 1 s';
COMMENT ON COLUMN heatmap_elements.dead_clicks IS 'Clicks on what does not react to any, nor is held by what does';

GRANT SELECT, INSERT ON pages TO storepulse_agents;
GRANT SELECT, INSERT, UPDATE ON heatmap_cells, heatmap_scroll, heatmap_views, heatmap_elements
   TO storepulse_agents;
GRANT SELECT ON pages, heatmap_cells, heatmap_scroll, heatmap_views, heatmap_elements
   TO storepulse_query, storepulse_operator;
-- Retention removes views.
GRANT SELECT, UPDATE, DELETE ON heatmap_views TO storepulse_delivery, storepulse_operator;
-- What the gateway tells new names from old by.
GRANT SELECT (page_id, store_id, page_hash) ON pages TO storepulse_gateway;
GRANT SELECT (page_id, hour, selector) ON heatmap_elements TO storepulse_gateway;
