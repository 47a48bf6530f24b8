-- Figures of experiments: who saw which variant, what became of them, and the sums of it.
--
-- A unit is 'v:' and a visitor's id, or 's:' and a session's. What is counted of a unit is a function of
-- its assignments, its sessions and its events alone; a rollup is the sum of what its units are counted as.

-- Rows that are there to be locked: whoever changes what a unit is counted as holds its row. Beside
-- units these are orders, 'o:' and a number, for whoever may replace what an order was told as.
CREATE TABLE ab_units (
    store_id uuid NOT NULL,
    unit     text COLLATE "C" NOT NULL,
    seen_on  date NOT NULL,
    PRIMARY KEY (store_id, unit)
) WITH (fillfactor = 90);
COMMENT ON COLUMN ab_units.seen_on IS 'Day of UTC on which it was locked last; an old row may go at any time';
CREATE INDEX ab_units_seen ON ab_units USING brin (seen_on) WITH (pages_per_range = 32);

CREATE TABLE ab_unit_sessions (
    store_id   uuid NOT NULL,
    session_id text COLLATE "C" NOT NULL,
    unit       text COLLATE "C" NOT NULL,
    exposed_at timestamptz NOT NULL,
    PRIMARY KEY (store_id, session_id)
);
COMMENT ON TABLE ab_unit_sessions IS
    'Whose events without a visitor''s id are, by session: of those exposed in it the earliest, then the least';
-- Slices look thousands of rows up, while ANALYZE may have seen an empty table, or one visitor's rows. An
-- index that begins like another, with the store, is then taken for as good, and is read whole for each row.
-- So this index has the store as an expression, and of units many are assumed.
CREATE INDEX ab_unit_sessions_unit ON ab_unit_sessions (unit, (store_id::text));
ALTER TABLE ab_unit_sessions ALTER COLUMN unit SET (n_distinct = -0.5);

CREATE TABLE ab_unit_events (
    store_id    uuid NOT NULL,
    source      text COLLATE "C" NOT NULL,
    key         text COLLATE "C" NOT NULL,
    event_id    uuid NOT NULL,
    unit        text COLLATE "C" NOT NULL,
    happened_at timestamptz NOT NULL,
    value       numeric(18, 4),
    currency    text COLLATE "C",
    test_id     uuid,
    variant_id  text COLLATE "C",
    PRIMARY KEY (store_id, source, key)
);
COMMENT ON COLUMN ab_unit_events.key IS
    'o: and the order''s bare number, else e: and the event''s id; of several events the earliest, then the least';
COMMENT ON COLUMN ab_unit_events.unit IS
    'As the event has it; whose a session''s events are is said by ab_unit_sessions';
COMMENT ON COLUMN ab_unit_events.happened_at IS 'The earlier of occurred_at and received_at';
COMMENT ON COLUMN ab_unit_events.variant_id IS 'What its sender believed: it decides nothing';
CREATE INDEX ab_unit_events_unit ON ab_unit_events (unit, (store_id::text), happened_at);
ALTER TABLE ab_unit_events ALTER COLUMN unit SET (n_distinct = -0.1);
CREATE INDEX ab_unit_events_age ON ab_unit_events USING brin (happened_at) WITH (pages_per_range = 32);

-- What a unit adds to a metric: y after its first exposure, x before it.
CREATE TYPE ab_contribution AS (
    metric     text COLLATE "C",
    y          numeric,
    x          numeric,
    events     bigint,
    pre_events bigint
);

CREATE TABLE ab_test_assignments (
    store_id              uuid NOT NULL,
    test_id               uuid NOT NULL,
    phase                 integer NOT NULL,
    unit                  text COLLATE "C" NOT NULL,
    t0                    timestamptz NOT NULL,
    variants              text[] COLLATE "C" NOT NULL,
    variant_times         timestamptz[] NOT NULL,
    is_bot                boolean NOT NULL,
    counted_as            text CHECK (counted_as IN ('unit', 'multi', 'bot', 'nothing')),
    counted_variant       text COLLATE "C",
    counted_t0            timestamptz,
    contribution          ab_contribution[],
    other_currency_events bigint NOT NULL DEFAULT 0,
    variant_mismatches    bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (store_id, unit, test_id, phase)
) WITH (fillfactor = 85);
COMMENT ON TABLE ab_test_assignments IS
    'Exposures by unit, also to tests and phases that are not there (yet), and what was last added to the rollups';
COMMENT ON COLUMN ab_test_assignments.variants IS 'All that the unit was exposed to, in their order; at most 64';
COMMENT ON COLUMN ab_test_assignments.variant_times IS 'When each of the variants was seen first';
COMMENT ON COLUMN ab_test_assignments.counted_as IS
    'unit: in the rollups; multi, bot: in the counts of the phase alone; null: not yet looked at';
CREATE INDEX ab_test_assignments_phase ON ab_test_assignments (test_id, phase, store_id, unit);
ALTER TABLE ab_test_assignments ALTER COLUMN unit SET (n_distinct = -0.5);

CREATE TABLE ab_rollups (
    test_id    uuid NOT NULL,
    phase      integer NOT NULL,
    variant_id text COLLATE "C" NOT NULL,
    day        date NOT NULL,
    units      bigint NOT NULL,
    PRIMARY KEY (test_id, phase, variant_id, day),
    FOREIGN KEY (test_id, phase) REFERENCES ab_test_phases ON DELETE CASCADE
) WITH (fillfactor = 50);
COMMENT ON COLUMN ab_rollups.day IS 'Day of UTC of the units'' first exposure';

CREATE TABLE ab_metric_rollups (
    test_id      uuid NOT NULL,
    phase        integer NOT NULL,
    variant_id   text COLLATE "C" NOT NULL,
    day          date NOT NULL,
    metric       text COLLATE "C" NOT NULL,
    converters   bigint NOT NULL,
    events       bigint NOT NULL,
    units_with_x bigint NOT NULL,
    sum_y        numeric NOT NULL,
    sum_yy       numeric NOT NULL,
    sum_x        numeric NOT NULL,
    sum_xx       numeric NOT NULL,
    sum_xy       numeric NOT NULL,
    c_sum_y      numeric,
    c_sum_yy     numeric,
    c_sum_x      numeric,
    c_sum_xx     numeric,
    c_sum_xy     numeric,
    PRIMARY KEY (test_id, phase, variant_id, day, metric),
    FOREIGN KEY (test_id, phase) REFERENCES ab_test_phases ON DELETE CASCADE
) WITH (fillfactor = 50);
COMMENT ON TABLE ab_metric_rollups IS
    'Sums over the units of ab_rollups; without a row where all of them are 0';
COMMENT ON COLUMN ab_metric_rollups.c_sum_y IS 'As sum_y, of totals up to the metric''s cap; null where it has none';

CREATE TABLE ab_ratio_rollups (
    test_id    uuid NOT NULL,
    phase      integer NOT NULL,
    variant_id text COLLATE "C" NOT NULL,
    day        date NOT NULL,
    metric     text COLLATE "C" NOT NULL,
    sum_nd     numeric NOT NULL,
    c_sum_nd   numeric,
    PRIMARY KEY (test_id, phase, variant_id, day, metric),
    FOREIGN KEY (test_id, phase) REFERENCES ab_test_phases ON DELETE CASCADE
) WITH (fillfactor = 50);
COMMENT ON TABLE ab_ratio_rollups IS
    'Sums of numerator times denominator; the ratio''s own sums are those of these two metrics';
COMMENT ON COLUMN ab_ratio_rollups.c_sum_nd IS 'Of totals up to their caps; null where neither has one';

CREATE TABLE ab_phase_counts (
    test_id               uuid NOT NULL,
    phase                 integer NOT NULL,
    multi_units           bigint NOT NULL,
    bot_units             bigint NOT NULL,
    other_currency_events bigint NOT NULL,
    variant_mismatches    bigint NOT NULL,
    PRIMARY KEY (test_id, phase),
    FOREIGN KEY (test_id, phase) REFERENCES ab_test_phases ON DELETE CASCADE
) WITH (fillfactor = 50);
COMMENT ON COLUMN ab_phase_counts.other_currency_events IS
    'Events in the units'' windows that some metric leaves out for their currency';
COMMENT ON COLUMN ab_phase_counts.variant_mismatches IS
    'Exposures of units to variants that the phase does not have, and events whose sender believed in another variant';

ALTER TABLE ab_test_phases ADD COLUMN backfilled_at timestamptz;
COMMENT ON COLUMN ab_test_phases.backfilled_at IS
    'When the events from before its beginning had been taken from the rows of all streams';
-- Slices ask for all phases of a store, whose settings may be megabytes.
ALTER TABLE ab_test_phases ADD COLUMN variants jsonb NOT NULL
    GENERATED ALWAYS AS (jsonb_path_query_array(settings, '$.variants[*].variant_id')) STORED;
COMMENT ON COLUMN ab_test_phases.variants IS 'The ids of its variants';

GRANT SELECT, INSERT, UPDATE ON ab_units, ab_unit_sessions, ab_unit_events, ab_test_assignments, ab_rollups,
      ab_metric_rollups, ab_ratio_rollups, ab_phase_counts TO storepulse_agents, storepulse_operator;
GRANT UPDATE (backfilled_at) ON ab_test_phases TO storepulse_agents;
GRANT SELECT ON ab_unit_sessions, ab_unit_events, ab_test_assignments, ab_rollups, ab_metric_rollups,
      ab_ratio_rollups, ab_phase_counts TO storepulse_query;
GRANT SELECT, UPDATE, DELETE ON ab_units, ab_unit_sessions, ab_unit_events, ab_test_assignments
   TO storepulse_delivery;
GRANT DELETE ON ab_units, ab_unit_sessions, ab_unit_events, ab_test_assignments TO storepulse_operator;
GRANT SELECT ON ab_test_phases TO storepulse_delivery;
