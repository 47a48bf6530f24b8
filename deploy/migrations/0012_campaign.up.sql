-- Campaigns: rows, hourly counts, revenue, people.

CREATE TABLE pulse_events (
    event_id          uuid NOT NULL,
    store_id          uuid NOT NULL,
    session_id        text,
    visitor_id        text,
    correlation_id    text NOT NULL,
    occurred_at       timestamptz NOT NULL,
    received_at       timestamptz NOT NULL,
    event_type        text NOT NULL,
    event_name        text NOT NULL,
    campaign_id       text NOT NULL,
    tracking_id       text NOT NULL,
    start_param       text,
    telegram_id       bigint,
    value             numeric(18, 4),
    currency          text,
    order_id          text,
    customer_id       text,
    email_hash        text,
    items             jsonb,
    payload           jsonb,
    source            text NOT NULL,
    consent_analytics text NOT NULL,
    consent_marketing text NOT NULL,
    ip                inet,
    user_agent        text,
    country           text,
    is_bot            boolean NOT NULL,
    PRIMARY KEY (event_id, store_id, occurred_at)
) PARTITION BY RANGE (occurred_at);
CREATE TABLE pulse_events_default PARTITION OF pulse_events DEFAULT;
CREATE INDEX pulse_events_newest ON pulse_events (store_id, occurred_at DESC, event_id);
INSERT INTO partitioned_tables (parent, unit, keep) VALUES ('pulse_events', 'month', interval '13 months');

CREATE TABLE campaign_hourly (
    store_id    uuid NOT NULL,
    campaign_id text NOT NULL,
    hour        timestamptz NOT NULL,
    day         date NOT NULL,
    is_bot      boolean NOT NULL,
    opens       bigint NOT NULL,
    purchases   bigint NOT NULL,
    told_orders bigint NOT NULL,
    others      bigint NOT NULL,
    PRIMARY KEY (campaign_id, hour, day, store_id, is_bot)
);
COMMENT ON COLUMN campaign_hourly.day IS 'The store''s day: an hour of UTC may lie on two';
COMMENT ON COLUMN campaign_hourly.purchases IS 'Paid ones that name no order; orders are in orders';
COMMENT ON COLUMN campaign_hourly.told_orders IS 'Events that name an order, each telling of it';
CREATE INDEX campaign_hourly_day ON campaign_hourly (store_id, day);

CREATE TABLE campaign_revenue_hourly (
    store_id    uuid NOT NULL,
    campaign_id text NOT NULL,
    hour        timestamptz NOT NULL,
    day         date NOT NULL,
    currency    text NOT NULL,
    is_bot      boolean NOT NULL,
    purchases   bigint NOT NULL,
    revenue     numeric NOT NULL,
    PRIMARY KEY (campaign_id, hour, day, currency, store_id, is_bot)
);
COMMENT ON COLUMN campaign_revenue_hourly.currency IS 'Empty where the event named none';
CREATE INDEX campaign_revenue_hourly_day ON campaign_revenue_hourly (store_id, day);

-- Who was there: one row for each person and hour, so that people are exact over any period.
CREATE TABLE campaign_people (
    store_id    uuid NOT NULL,
    campaign_id text NOT NULL,
    hour        timestamptz NOT NULL,
    day         date NOT NULL,
    tracking_id text NOT NULL,
    is_bot      boolean NOT NULL,
    PRIMARY KEY (campaign_id, hour, day, tracking_id, store_id, is_bot)
);
-- With all columns: a store's campaigns are listed from the index alone.
CREATE INDEX campaign_people_day ON campaign_people (store_id, day)
       INCLUDE (campaign_id, tracking_id, hour, is_bot);

CREATE INDEX orders_campaign ON orders (campaign_id, day) WHERE campaign_id IS NOT NULL;

GRANT SELECT, INSERT ON pulse_events, campaign_people TO storepulse_agents;
GRANT SELECT, INSERT, UPDATE ON campaign_hourly, campaign_revenue_hourly TO storepulse_agents;
GRANT SELECT ON pulse_events, campaign_hourly, campaign_revenue_hourly, campaign_people
   TO storepulse_query, storepulse_operator;
