-- Landing pages: rows, hourly counts, revenue, sessions.

CREATE TABLE landing_events (
    event_id          uuid NOT NULL,
    store_id          uuid NOT NULL,
    session_id        text NOT NULL,
    visitor_id        text,
    correlation_id    text NOT NULL,
    occurred_at       timestamptz NOT NULL,
    received_at       timestamptz NOT NULL,
    event_type        text NOT NULL,
    event_name        text NOT NULL,
    landing_page_id   text NOT NULL,
    campaign_id       text,
    value             numeric(18, 4),
    currency          text,
    order_id          text,
    event_data        jsonb,
    screen_resolution text,
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
CREATE TABLE landing_events_default PARTITION OF landing_events DEFAULT;
CREATE INDEX landing_events_newest ON landing_events (store_id, occurred_at DESC, event_id);
CREATE INDEX landing_events_page ON landing_events (landing_page_id, occurred_at DESC, event_id);
INSERT INTO partitioned_tables (parent, unit, keep) VALUES ('landing_events', 'month', interval '13 months');

CREATE TABLE landing_hourly (
    store_id        uuid NOT NULL,
    landing_page_id text NOT NULL,
    campaign_id     text NOT NULL,
    hour            timestamptz NOT NULL,
    day             date NOT NULL,
    is_bot          boolean NOT NULL,
    views           bigint NOT NULL,
    clicks          bigint NOT NULL,
    purchases       bigint NOT NULL,
    told_orders     bigint NOT NULL,
    others          bigint NOT NULL,
    sessions        bigint NOT NULL,
    PRIMARY KEY (landing_page_id, campaign_id, hour, day, store_id, is_bot)
);
COMMENT ON COLUMN landing_hourly.campaign_id IS 'Empty where the event named none';
COMMENT ON COLUMN landing_hourly.day IS 'The store''s day: an hour of UTC may lie on two';
COMMENT ON COLUMN landing_hourly.purchases IS 'Those that name no order; orders are in orders';
COMMENT ON COLUMN landing_hourly.told_orders IS 'Purchases that name an order, each telling of it';
COMMENT ON COLUMN landing_hourly.sessions IS 'Distinct sessions within the hour; do not add up hours';

CREATE TABLE landing_revenue_hourly (
    store_id        uuid NOT NULL,
    landing_page_id text NOT NULL,
    campaign_id     text NOT NULL,
    hour            timestamptz NOT NULL,
    day             date NOT NULL,
    currency        text NOT NULL,
    is_bot          boolean NOT NULL,
    purchases       bigint NOT NULL,
    revenue         numeric NOT NULL,
    PRIMARY KEY (landing_page_id, campaign_id, hour, day, currency, store_id, is_bot)
);
CREATE INDEX landing_revenue_hourly_day ON landing_revenue_hourly (store_id, day);

-- What makes `sessions` above distinct, and exact over any period.
CREATE TABLE landing_sessions (
    store_id        uuid NOT NULL,
    landing_page_id text NOT NULL,
    campaign_id     text NOT NULL,
    hour            timestamptz NOT NULL,
    day             date NOT NULL,
    session_id      text NOT NULL,
    is_bot          boolean NOT NULL,
    PRIMARY KEY (landing_page_id, campaign_id, hour, day, session_id, store_id, is_bot)
);

GRANT SELECT, INSERT ON landing_events TO storepulse_agents;
GRANT SELECT, INSERT, UPDATE ON landing_hourly, landing_revenue_hourly TO storepulse_agents;
GRANT SELECT, INSERT ON landing_sessions TO storepulse_agents;
GRANT SELECT ON landing_events, landing_hourly, landing_revenue_hourly, landing_sessions
   TO storepulse_query, storepulse_operator;
-- What the gateway tells new names from old by.
GRANT SELECT (landing_page_id) ON landing_hourly TO storepulse_gateway;
