-- Usage: rows and hourly counts.

CREATE TABLE usage_events (
    event_id          uuid NOT NULL,
    store_id          uuid NOT NULL,
    session_id        text NOT NULL,
    visitor_id        text,
    correlation_id    text NOT NULL,
    occurred_at       timestamptz NOT NULL,
    received_at       timestamptz NOT NULL,
    event_type        text NOT NULL,
    subject_id        text,
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
CREATE TABLE usage_events_default PARTITION OF usage_events DEFAULT;
CREATE INDEX usage_events_newest ON usage_events (store_id, occurred_at DESC, event_id);
INSERT INTO partitioned_tables (parent, unit, keep) VALUES ('usage_events', 'month', interval '13 months');

CREATE TABLE usage_hourly (
    store_id   uuid NOT NULL,
    hour       timestamptz NOT NULL,
    event_type text NOT NULL,
    is_bot     boolean NOT NULL,
    events     bigint NOT NULL,
    PRIMARY KEY (store_id, hour, event_type, is_bot)
);

GRANT SELECT, INSERT ON usage_events TO storepulse_agents;
GRANT SELECT, INSERT, UPDATE ON usage_hourly TO storepulse_agents;
GRANT SELECT ON usage_events, usage_hourly TO storepulse_query, storepulse_operator;
