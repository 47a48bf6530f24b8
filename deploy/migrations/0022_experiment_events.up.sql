-- What happens in experiments: exposures, conversions and metrics, as rows and hourly counts.

CREATE TABLE experiment_events (
    event_id          uuid NOT NULL,
    store_id          uuid NOT NULL,
    session_id        text,
    visitor_id        text,
    correlation_id    text NOT NULL,
    occurred_at       timestamptz NOT NULL,
    received_at       timestamptz NOT NULL,
    event_type        text NOT NULL,
    test_id           uuid NOT NULL,
    phase             integer,
    variant_id        text COLLATE "C",
    metric            text COLLATE "C",
    value             numeric(18, 4),
    currency          text,
    order_id          text,
    metadata          jsonb,
    source            text NOT NULL,
    consent_analytics text NOT NULL,
    consent_marketing text NOT NULL,
    ip                inet,
    user_agent        text,
    country           text,
    is_bot            boolean NOT NULL,
    PRIMARY KEY (event_id, store_id, occurred_at),
    CHECK (visitor_id IS NOT NULL OR session_id IS NOT NULL)
) PARTITION BY RANGE (occurred_at);
COMMENT ON COLUMN experiment_events.test_id IS 'As it was sent: the store may have no such test';
COMMENT ON COLUMN experiment_events.variant_id IS 'What an exposure showed; of other events what the sender believed';
CREATE TABLE experiment_events_default PARTITION OF experiment_events DEFAULT;
CREATE INDEX experiment_events_newest ON experiment_events (store_id, occurred_at DESC, event_id);
CREATE INDEX experiment_events_session ON experiment_events (store_id, session_id, occurred_at)
    WHERE session_id IS NOT NULL;
INSERT INTO partitioned_tables (parent, unit, keep) VALUES ('experiment_events', 'month', interval '13 months');

CREATE TABLE experiment_hourly (
    store_id   uuid NOT NULL,
    hour       timestamptz NOT NULL,
    event_type text NOT NULL,
    is_bot     boolean NOT NULL,
    events     bigint NOT NULL,
    PRIMARY KEY (store_id, hour, event_type, is_bot)
);

GRANT SELECT, INSERT ON experiment_events TO storepulse_agents;
GRANT SELECT, INSERT, UPDATE ON experiment_hourly TO storepulse_agents;
GRANT SELECT ON experiment_events, experiment_hourly TO storepulse_query, storepulse_operator;
