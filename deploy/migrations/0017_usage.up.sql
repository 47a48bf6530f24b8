-- Usage: events by meter, their figures by hour and by month, and statements of closed months.

CREATE TABLE usage_stores (
    store_id    uuid PRIMARY KEY,
    open_period date NOT NULL,
    closed_at   timestamptz
);
COMMENT ON TABLE usage_stores IS
    'Which months are open. Slices lock the row before they bill events, and so does who closes a month: an event is in the statement or in a later adjustment, never in both, never in neither';
COMMENT ON COLUMN usage_stores.open_period IS
    'First day of the earliest month that is open: all months before it are closed';
COMMENT ON COLUMN usage_stores.closed_at IS 'When a month was closed last; null: none is';
CREATE INDEX usage_stores_open ON usage_stores (open_period);

CREATE TABLE usage_events (
    event_id          uuid NOT NULL,
    store_id          uuid NOT NULL,
    session_id        text,
    visitor_id        text,
    correlation_id    text NOT NULL,
    occurred_at       timestamptz NOT NULL,
    received_at       timestamptz NOT NULL,
    meter             text COLLATE "C" NOT NULL,
    quantity          numeric(18, 4) NOT NULL,
    metadata          jsonb,
    source            text NOT NULL,
    consent_analytics text NOT NULL,
    consent_marketing text NOT NULL,
    ip                inet,
    user_agent        text,
    country           text,
    is_bot            boolean NOT NULL,
    period            date NOT NULL,
    billed_period     date NOT NULL,
    PRIMARY KEY (event_id, store_id, occurred_at),
    CHECK (billed_period >= period)
) PARTITION BY RANGE (occurred_at);
COMMENT ON COLUMN usage_events.period IS 'First day of the store''s month in which it happened';
COMMENT ON COLUMN usage_events.billed_period IS
    'The month whose statement has it: later than `period` where that was closed already';
CREATE TABLE usage_events_default PARTITION OF usage_events DEFAULT;
CREATE INDEX usage_events_newest ON usage_events (store_id, occurred_at DESC, event_id);
CREATE INDEX usage_events_billed ON usage_events (store_id, billed_period, event_id);
-- The late ones.
CREATE INDEX usage_events_late ON usage_events (store_id, billed_period) WHERE period <> billed_period;
INSERT INTO partitioned_tables (parent, unit, keep) VALUES ('usage_events', 'month', interval '13 months');

-- `last` is that of the greatest (occurred_at, event_id), here and below.
CREATE TABLE usage_hourly (
    store_id uuid NOT NULL,
    meter    text COLLATE "C" NOT NULL,
    hour     timestamptz NOT NULL,
    day      date NOT NULL,
    count    bigint NOT NULL,
    sum      numeric(30, 4) NOT NULL,
    max      numeric(18, 4) NOT NULL,
    last     numeric(18, 4) NOT NULL,
    last_at  timestamptz NOT NULL,
    last_id  uuid NOT NULL,
    PRIMARY KEY (store_id, meter, hour, day)
);
COMMENT ON COLUMN usage_hourly.day IS 'The store''s day: an hour of UTC may lie on two';
CREATE INDEX usage_hourly_day ON usage_hourly (store_id, day);

-- What happened in each month, late events as well; the open month's limits are held against this.
CREATE TABLE usage_current (
    store_id uuid NOT NULL,
    period   date NOT NULL,
    meter    text COLLATE "C" NOT NULL,
    count    bigint NOT NULL,
    sum      numeric(30, 4) NOT NULL,
    max      numeric(18, 4) NOT NULL,
    last     numeric(18, 4) NOT NULL,
    last_at  timestamptz NOT NULL,
    last_id  uuid NOT NULL,
    PRIMARY KEY (store_id, period, meter)
);
COMMENT ON COLUMN usage_current.period IS 'First day of the store''s month';

CREATE TABLE usage_statements (
    store_id  uuid NOT NULL,
    period    date NOT NULL,
    closed_at timestamptz NOT NULL,
    zone      text,
    starts_at timestamptz,
    ends_at   timestamptz,
    events    bigint,
    digest    text,
    hash      text,
    PRIMARY KEY (store_id, period)
);
COMMENT ON TABLE usage_statements IS
    'One for each closed month. All but the first three columns are null until the statement is made, of events that no longer change';
COMMENT ON COLUMN usage_statements.ends_at IS 'Exclusive';
COMMENT ON COLUMN usage_statements.digest IS 'SHA-256 over the events that are billed in the month';
COMMENT ON COLUMN usage_statements.hash IS 'SHA-256 of the statement''s text';
CREATE INDEX usage_statements_unmade ON usage_statements (store_id, period) WHERE hash IS NULL;

CREATE TABLE usage_lines (
    store_id    uuid NOT NULL,
    period      date NOT NULL,
    for_period  date NOT NULL,
    meter       text COLLATE "C" NOT NULL,
    count       bigint NOT NULL,
    sum         numeric(30, 4) NOT NULL,
    max         numeric(18, 4) NOT NULL,
    last        numeric(18, 4) NOT NULL,
    last_at     timestamptz NOT NULL,
    last_id     uuid NOT NULL,
    max_change  numeric(18, 4) NOT NULL,
    last_change numeric(18, 4) NOT NULL,
    PRIMARY KEY (store_id, period, for_period, meter),
    CHECK (for_period <= period)
);
COMMENT ON TABLE usage_lines IS
    'Lines of statements: of the month itself, and adjustments for months that were closed before';
COMMENT ON COLUMN usage_lines.count IS 'Of events that are billed in `period`; so is sum';
COMMENT ON COLUMN usage_lines.max IS 'Of all events of `for_period` so far; so are last, last_at and last_id';
COMMENT ON COLUMN usage_lines.max_change IS 'Against the line of `for_period` before; so is last_change';
CREATE INDEX usage_lines_latest ON usage_lines (store_id, for_period, meter, period);

-- Our own work. What a slice applied counts in its ledger, and from there becomes events of usage.
ALTER TABLE ledger_counts
    ADD COLUMN unmetered_events bigint NOT NULL DEFAULT 0,
    ADD COLUMN unmetered_bytes bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN ledger_counts.unmetered_events IS 'Applied, and not yet in usage_outbox; so is unmetered_bytes';
CREATE INDEX ledger_counts_unmetered ON ledger_counts (stream, store_id, hour) WHERE unmetered_events > 0;

CREATE TABLE unmetered_orders (
    store_id uuid NOT NULL,
    shard    int NOT NULL,
    orders   bigint NOT NULL,
    PRIMARY KEY (store_id, shard)
);
COMMENT ON TABLE unmetered_orders IS
    'Orders that became real since they were metered last, less those that turned out to be others; the sum over a store''s shards counts';

CREATE TABLE usage_outbox (
    event_id    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    store_id    uuid NOT NULL,
    meter       text NOT NULL,
    quantity    numeric(18, 4) NOT NULL,
    occurred_at timestamptz NOT NULL
);
COMMENT ON TABLE usage_outbox IS 'Usage events of our own work until Kafka has them';

-- What is not yet an event. A figure of the open month that is to be seconds old adds these.
CREATE VIEW usage_unmetered AS
SELECT store_id, 'event' AS meter, sum(unmetered_events)::numeric AS quantity
  FROM ledger_counts WHERE unmetered_events > 0 GROUP BY store_id
 UNION ALL
SELECT store_id, 'storage_bytes', sum(unmetered_bytes)::numeric
  FROM ledger_counts WHERE unmetered_events > 0 GROUP BY store_id
 UNION ALL
SELECT store_id, 'order', sum(orders)::numeric
  FROM unmetered_orders GROUP BY store_id HAVING sum(orders) > 0
 UNION ALL
SELECT store_id, meter, quantity FROM usage_outbox;

GRANT SELECT, INSERT ON usage_events TO storepulse_agents;
GRANT SELECT, INSERT, UPDATE ON usage_stores, usage_hourly, usage_current, usage_statements, unmetered_orders
   TO storepulse_agents;
GRANT SELECT, INSERT ON usage_lines TO storepulse_agents;
-- Rows are locked while they are sent.
GRANT SELECT, INSERT, UPDATE, DELETE ON usage_outbox TO storepulse_agents;
GRANT SELECT ON usage_events, usage_stores, usage_hourly, usage_current, usage_statements, usage_lines
   TO storepulse_query;
GRANT SELECT ON usage_unmetered TO storepulse_query, storepulse_operator;
GRANT SELECT ON usage_events, usage_hourly, usage_current, usage_lines, usage_outbox, unmetered_orders
   TO storepulse_operator;
-- Who closes a month by hand.
GRANT SELECT, UPDATE ON usage_stores TO storepulse_operator;
GRANT SELECT, INSERT, UPDATE ON usage_statements TO storepulse_operator;
GRANT INSERT ON usage_lines TO storepulse_operator;
