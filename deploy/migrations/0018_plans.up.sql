-- Plans: what meters count, what a plan allows of them, and which store has which plan.

CREATE TABLE meters (
    meter       text PRIMARY KEY CHECK (meter ~ '^[A-Za-z0-9_.:-]{1,128}$'),
    aggregation text NOT NULL DEFAULT 'sum' CHECK (aggregation IN ('sum', 'count', 'max', 'last')),
    unit        text CHECK (length(unit) <= 100),
    description text CHECK (length(description) <= 1000),
    is_built_in boolean NOT NULL DEFAULT false,
    changed_in  xid8 NOT NULL DEFAULT pg_current_xact_id()
);
COMMENT ON TABLE meters IS 'A meter that is not listed here is summed up';
COMMENT ON COLUMN meters.is_built_in IS 'Storepulse counts it itself, in its own way';
INSERT INTO meters (meter, aggregation, unit, description, is_built_in) VALUES
    ('api_call', 'sum', 'requests', 'Requests with events that were accepted', true),
    ('event', 'sum', 'events', 'Events that were stored', true),
    ('storage_bytes', 'sum', 'bytes', 'Encoded bytes of stored events', true),
    ('order', 'sum', 'orders', 'Orders that were told for the first time', true);

CREATE TABLE plans (
    plan        text PRIMARY KEY CHECK (plan ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
    description text CHECK (length(description) <= 1000),
    created_at  timestamptz NOT NULL DEFAULT now(),
    created_by  text NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    changed_in  xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX plans_changed ON plans (changed_in);

-- A change of them is a change of their plan's row.
CREATE TABLE plan_limits (
    plan  text NOT NULL REFERENCES plans ON DELETE CASCADE,
    meter text NOT NULL CHECK (meter ~ '^[A-Za-z0-9_.:-]{1,128}$'),
    soft  numeric CHECK (soft >= 0),
    hard  numeric CHECK (hard >= 0),
    PRIMARY KEY (plan, meter),
    CHECK (soft <= hard)
);
COMMENT ON COLUMN plan_limits.soft IS 'From here on the sender is warned; null: never';
COMMENT ON COLUMN plan_limits.hard IS 'From here on events are refused; null: never';

CREATE TABLE store_plans (
    store_id    uuid NOT NULL REFERENCES stores ON DELETE CASCADE,
    from_at     timestamptz NOT NULL,
    plan        text CHECK (plan ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
    assigned_at timestamptz NOT NULL,
    assigned_by text NOT NULL,
    changed_in  xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (store_id, from_at)
);
CREATE INDEX store_plans_changed ON store_plans (changed_in);
CREATE INDEX store_plans_of_plan ON store_plans (plan, from_at);
CREATE INDEX store_plans_beginning ON store_plans (from_at);
COMMENT ON COLUMN store_plans.plan IS 'Null: from then on the store has no plan, and no limit';

-- What differs from the plan for one store, so long as that row of store_plans holds.
CREATE TABLE store_plan_limits (
    store_id uuid NOT NULL,
    from_at  timestamptz NOT NULL,
    meter    text NOT NULL CHECK (meter ~ '^[A-Za-z0-9_.:-]{1,128}$'),
    soft     numeric CHECK (soft >= 0),
    hard     numeric CHECK (hard >= 0),
    PRIMARY KEY (store_id, from_at, meter),
    FOREIGN KEY (store_id, from_at) REFERENCES store_plans ON DELETE CASCADE,
    CHECK (soft <= hard)
);

CREATE TRIGGER note_change BEFORE INSERT OR UPDATE ON meters FOR EACH ROW EXECUTE FUNCTION note_change();
CREATE TRIGGER note_change BEFORE INSERT OR UPDATE ON plans FOR EACH ROW EXECUTE FUNCTION note_change();
CREATE TRIGGER note_change BEFORE INSERT OR UPDATE ON store_plans FOR EACH ROW EXECUTE FUNCTION note_change();

-- The limits of a store at an instant: none where it has no plan then.
CREATE FUNCTION store_limits(store_id uuid, at timestamptz)
RETURNS TABLE (plan text, meter text, soft numeric, hard numeric)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT held.plan, named.meter, named.soft, named.hard
      FROM (SELECT s.plan, s.from_at
              FROM store_plans AS s
             WHERE s.store_id = store_limits.store_id AND s.from_at <= at
             ORDER BY s.from_at DESC
             LIMIT 1) AS held
     CROSS JOIN LATERAL (
           SELECT o.meter, o.soft, o.hard
             FROM store_plan_limits AS o
            WHERE o.store_id = store_limits.store_id AND o.from_at = held.from_at
            UNION ALL
           SELECT l.meter, l.soft, l.hard
             FROM plan_limits AS l
            WHERE l.plan = held.plan
              AND NOT EXISTS (SELECT FROM store_plan_limits AS o
                               WHERE o.store_id = store_limits.store_id
                                 AND o.from_at = held.from_at AND o.meter = l.meter)) AS named;
END;

-- Each limit that a store has reached, once for a period, a level and an amount: a plan that was raised
-- may be reached again. Whoever adds a row puts its event into usage_outbox by the same transaction.
CREATE TABLE limits_reached (
    store_id   uuid NOT NULL,
    meter      text NOT NULL CHECK (length(meter) <= 128),
    period     date NOT NULL,
    level      text NOT NULL CHECK (level IN ('soft', 'hard')),
    amount     numeric NOT NULL,
    used       numeric NOT NULL,
    plan       text NOT NULL,
    reached_at timestamptz NOT NULL,
    PRIMARY KEY (store_id, meter, period, level, amount)
);
COMMENT ON COLUMN limits_reached.used IS 'When it was found reached';

ALTER TABLE usage_outbox ADD COLUMN metadata jsonb;

-- Services that judge limits read the figures that changed. The column may be null, since slices stage rows
-- without it; the trigger fills it.
ALTER TABLE usage_current ADD COLUMN changed_in xid8;
CREATE INDEX usage_current_changed ON usage_current (changed_in);
CREATE TRIGGER note_change BEFORE INSERT OR UPDATE ON usage_current
    FOR EACH ROW EXECUTE FUNCTION note_change();

-- Limits of the month in which late events are billed count these beside usage_current. Whoever adds to it
-- changes usage_current of the closed month in the same transaction, and so is noticed.
CREATE TABLE usage_late (
    store_id uuid NOT NULL,
    period   date NOT NULL,
    meter    text COLLATE "C" NOT NULL,
    count    bigint NOT NULL,
    sum      numeric(30, 4) NOT NULL,
    PRIMARY KEY (store_id, period, meter)
);
COMMENT ON TABLE usage_late IS 'Events of closed months, by the month in which they are billed';
COMMENT ON COLUMN usage_late.period IS 'First day of that month';
INSERT INTO usage_late
SELECT store_id, billed_period, meter, count(*), sum(quantity)
  FROM usage_events WHERE period <> billed_period GROUP BY 1, 2, 3;

GRANT SELECT ON meters, plans, plan_limits, store_plans, store_plan_limits
      TO storepulse_gateway, storepulse_agents, storepulse_query, storepulse_operator;
GRANT SELECT ON usage_current, usage_late TO storepulse_gateway;
GRANT SELECT, INSERT, UPDATE ON usage_late TO storepulse_agents;
GRANT SELECT ON usage_late TO storepulse_query, storepulse_operator;
GRANT INSERT, UPDATE ON meters TO storepulse_query, storepulse_operator;
GRANT INSERT, UPDATE, DELETE ON plans TO storepulse_query, storepulse_operator;
GRANT INSERT, DELETE ON plan_limits, store_plans, store_plan_limits TO storepulse_query, storepulse_operator;
GRANT SELECT ON usage_unmetered TO storepulse_gateway, storepulse_agents;
GRANT SELECT, INSERT ON limits_reached TO storepulse_agents;
GRANT SELECT ON limits_reached TO storepulse_query, storepulse_operator;
GRANT EXECUTE ON FUNCTION store_limits
      TO storepulse_gateway, storepulse_agents, storepulse_query, storepulse_operator;
GRANT EXECUTE ON FUNCTION store_day TO storepulse_gateway;
