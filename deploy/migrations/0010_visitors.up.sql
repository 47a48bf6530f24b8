-- Visitors and page views by day, of activity and landing pages.

-- Bots are left out: a visitor is a person. A visitor has one row a day, however often he is told of.
-- The key has a store's visitors in order, so that distinct ones are counted without a sort.
CREATE TABLE visitors_daily (
    store_id uuid NOT NULL,
    day      date NOT NULL,
    visitor  text COLLATE "C" NOT NULL,
    PRIMARY KEY (store_id, visitor, day)
) PARTITION BY RANGE (day);
CREATE TABLE visitors_daily_default PARTITION OF visitors_daily DEFAULT;
INSERT INTO partitioned_tables (parent, unit, keep) VALUES ('visitors_daily', 'month', interval '13 months');
COMMENT ON COLUMN visitors_daily.day IS 'The store''s local day';
COMMENT ON COLUMN visitors_daily.visitor IS 'visitor_id, else s: and the session id';

CREATE TABLE pages_daily (
    store_id  uuid NOT NULL,
    day       date NOT NULL,
    page_hash bytea NOT NULL,
    is_bot    boolean NOT NULL,
    page      text NOT NULL,
    views     bigint NOT NULL,
    PRIMARY KEY (store_id, day, page_hash, is_bot)
);
COMMENT ON COLUMN pages_daily.day IS 'The store''s local day';
COMMENT ON COLUMN pages_daily.page IS 'Path of the URL; empty where a page view named no URL';
COMMENT ON COLUMN pages_daily.page_hash IS
    'SHA-256 of the page in UTF-8: the entry of an index takes at most 2,704 bytes';

GRANT SELECT, INSERT ON visitors_daily TO storepulse_agents;
GRANT SELECT, INSERT, UPDATE ON pages_daily TO storepulse_agents;
-- What the gateway tells new names from old by.
GRANT SELECT (store_id, day, page_hash) ON pages_daily TO storepulse_gateway;
GRANT SELECT ON visitors_daily, pages_daily TO storepulse_query, storepulse_operator;
