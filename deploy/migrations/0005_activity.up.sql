-- Customer activity: rows, hourly counts, products, searches, sessions, daily funnel.

CREATE TABLE customer_activity (
    event_id          uuid NOT NULL,
    store_id          uuid NOT NULL,
    session_id        text NOT NULL,
    visitor_id        text,
    correlation_id    text NOT NULL,
    occurred_at       timestamptz NOT NULL,
    received_at       timestamptz NOT NULL,
    activity_type     text NOT NULL,
    page_url          text,
    referrer          text,
    product_id        text,
    product_name      text,
    search_query      text,
    quantity          int,
    value             numeric(18, 4),
    currency          text,
    metadata          jsonb,
    source            text NOT NULL,
    consent_analytics text NOT NULL,
    consent_marketing text NOT NULL,
    ip                inet,
    user_agent        text,
    country           text,
    is_bot            boolean NOT NULL,
    PRIMARY KEY (event_id, store_id, occurred_at)
) PARTITION BY RANGE (occurred_at);
CREATE TABLE customer_activity_default PARTITION OF customer_activity DEFAULT;
CREATE INDEX customer_activity_newest ON customer_activity (store_id, occurred_at DESC, event_id);
CREATE INDEX customer_activity_session ON customer_activity (store_id, session_id, occurred_at);
INSERT INTO partitioned_tables (parent, unit, keep) VALUES ('customer_activity', 'month', interval '13 months');

CREATE TABLE activity_hourly (
    store_id      uuid NOT NULL,
    hour          timestamptz NOT NULL,
    activity_type text NOT NULL,
    is_bot        boolean NOT NULL,
    events        bigint NOT NULL,
    quantity      bigint NOT NULL,
    PRIMARY KEY (store_id, hour, activity_type, is_bot)
);

CREATE TABLE activity_revenue_hourly (
    store_id  uuid NOT NULL,
    hour      timestamptz NOT NULL,
    day       date NOT NULL,
    currency  text NOT NULL,
    is_bot    boolean NOT NULL,
    purchases bigint NOT NULL,
    revenue   numeric NOT NULL,
    PRIMARY KEY (store_id, day, hour, currency, is_bot)
);
COMMENT ON TABLE activity_revenue_hourly IS 'Purchases that name no order; orders are in orders';
COMMENT ON COLUMN activity_revenue_hourly.day IS 'The store''s day: an hour of UTC may lie on two';
COMMENT ON COLUMN activity_revenue_hourly.currency IS 'Empty where a purchase named none';

CREATE TABLE activity_products_daily (
    store_id     uuid NOT NULL,
    day          date NOT NULL,
    product_id   text NOT NULL,
    is_bot       boolean NOT NULL,
    product_name text,
    views        bigint NOT NULL,
    adds         bigint NOT NULL,
    removes      bigint NOT NULL,
    PRIMARY KEY (store_id, day, product_id, is_bot)
);

CREATE TABLE activity_searches_daily (
    store_id uuid NOT NULL,
    day      date NOT NULL,
    term     text NOT NULL,
    is_bot   boolean NOT NULL,
    searches bigint NOT NULL,
    PRIMARY KEY (store_id, day, term, is_bot)
);
COMMENT ON COLUMN activity_searches_daily.term IS 'Trimmed, lower-cased, at most 200 characters';

-- Events of a session id without a gap of over 30 minutes are one session.
--
-- A value of one event of the session stands with that event's time and id, so that the pieces of a
-- session may be joined in any order. Nobody reads those columns but the agents.
CREATE TABLE sessions (
    store_id        uuid NOT NULL,
    session_id      text NOT NULL,
    started_at      timestamptz NOT NULL,
    ended_at        timestamptz NOT NULL,
    day             date NOT NULL,
    visitor_id      text,
    steps           smallint NOT NULL,
    pages           bigint NOT NULL,
    events          bigint NOT NULL,
    is_bot          boolean NOT NULL,
    entry_at        timestamptz,
    entry_event_id  uuid,
    entry_page      text,
    exit_at         timestamptz,
    exit_event_id   uuid,
    exit_page       text,
    origin_at       timestamptz,
    origin_event_id uuid,
    source          text,
    utm_source      text,
    utm_medium      text,
    utm_campaign    text,
    utm_term        text,
    utm_content     text,
    country         text,
    PRIMARY KEY (store_id, session_id, started_at)
) WITH (fillfactor = 75);
COMMENT ON COLUMN sessions.day IS 'The store''s local day on which the session began';
COMMENT ON COLUMN sessions.steps IS 'Funnel steps taken: bit 0 page_view … bit 4 purchase';
COMMENT ON COLUMN sessions.entry_page IS 'Of the first event that has a page';
COMMENT ON COLUMN sessions.exit_page IS 'Of the last event that has a page';
COMMENT ON COLUMN sessions.origin_at IS
    'Of the first event that has a page or a referrer; source, UTM values and country are this event''s';
COMMENT ON COLUMN sessions.source IS
    'Host of the origin''s referrer; null for a direct visit and for the shop itself';
-- Every session has an id. The condition keeps the index out of the plans of the agents' look-ups,
-- which go by the key: in a young table PostgreSQL takes both for equally good, and reads a store's
-- sessions for each. It says nothing of a column that changes, so that an update touches no index
-- where its page has room.
CREATE INDEX sessions_newest ON sessions (store_id, started_at DESC) WHERE session_id <> '';

-- Sessions that took a step and every step before it, on the store's local day on which they began.
CREATE TABLE funnel_daily (
    store_id uuid NOT NULL,
    day      date NOT NULL,
    step     smallint NOT NULL CHECK (step BETWEEN 0 AND 4),
    is_bot   boolean NOT NULL,
    sessions bigint NOT NULL,
    PRIMARY KEY (store_id, day, step, is_bot)
);

-- Sessions by the store's local day on which they began, and by where their entry came from.
CREATE TABLE sessions_daily (
    store_id    uuid NOT NULL,
    day         date NOT NULL,
    is_bot      boolean NOT NULL,
    source      text NOT NULL,
    medium      text NOT NULL,
    campaign    text NOT NULL,
    country     text NOT NULL,
    sessions    bigint NOT NULL,
    events      bigint NOT NULL,
    pages       bigint NOT NULL,
    bounces     bigint NOT NULL,
    purchases   bigint NOT NULL,
    duration_ms bigint NOT NULL,
    PRIMARY KEY (store_id, day, is_bot, source, medium, campaign, country)
);
COMMENT ON COLUMN sessions_daily.source IS
    'utm_source of the entry, else the host of its referrer; empty for a direct visit';
COMMENT ON COLUMN sessions_daily.medium IS 'utm_medium of the entry; empty where it had none';
COMMENT ON COLUMN sessions_daily.campaign IS 'utm_campaign of the entry; empty where it had none';
COMMENT ON COLUMN sessions_daily.country IS 'Country of the entry; empty where unknown';
COMMENT ON COLUMN sessions_daily.bounces IS
    'Sessions of at most one page view that added nothing to a cart, began no checkout and bought nothing';
COMMENT ON COLUMN sessions_daily.purchases IS 'Sessions with a purchase';

GRANT SELECT, INSERT ON customer_activity TO storepulse_agents;
GRANT SELECT, INSERT, UPDATE
   ON activity_hourly, activity_revenue_hourly, activity_products_daily, activity_searches_daily,
      funnel_daily, sessions_daily
   TO storepulse_agents;
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO storepulse_agents;
GRANT SELECT
   ON customer_activity, activity_hourly, activity_revenue_hourly, activity_products_daily,
      activity_searches_daily, sessions, funnel_daily, sessions_daily
   TO storepulse_query, storepulse_operator;
