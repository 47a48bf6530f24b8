-- What the overview shows: visitors by hour, and what audits found.

-- The same visitors as in visitors_daily, told apart by the hour in which they were seen. An hour of UTC
-- may lie on two of the store's days. The key has a day's hours in order: they are counted without a sort.
CREATE TABLE visitors_hourly (
    store_id uuid NOT NULL,
    day      date NOT NULL,
    hour     timestamptz NOT NULL,
    visitor  text COLLATE "C" NOT NULL,
    PRIMARY KEY (store_id, day, hour, visitor)
) PARTITION BY RANGE (day);
CREATE TABLE visitors_hourly_default PARTITION OF visitors_hourly DEFAULT;
INSERT INTO partitioned_tables (parent, unit, keep) VALUES ('visitors_hourly', 'month', interval '13 months');
COMMENT ON COLUMN visitors_hourly.day IS 'The store''s local day';
COMMENT ON COLUMN visitors_hourly.hour IS 'Hour of UTC';
COMMENT ON COLUMN visitors_hourly.visitor IS 'visitor_id, else s: and the session id';

INSERT INTO visitors_hourly
SELECT DISTINCT store_id, store_day(store_id, occurred_at), date_trunc('hour', occurred_at, 'UTC'),
       coalesce(visitor_id, 's:' || session_id) COLLATE "C"
  FROM (SELECT store_id, occurred_at, visitor_id, session_id
          FROM customer_activity
         WHERE NOT is_bot
           AND NOT (activity_type = 'custom' AND source = 'server'
                    AND coalesce(name, '') IN ('cart_abandoned', 'checkout_abandoned'))
        UNION ALL
        SELECT store_id, occurred_at, visitor_id, session_id
          FROM landing_events WHERE NOT is_bot) AS told;

GRANT SELECT, INSERT ON visitors_hourly TO storepulse_agents;
GRANT SELECT ON visitors_hourly TO storepulse_query, storepulse_operator;

-- What audits found, the newest of which the console shows. One an hour: a year of them is a few megabytes.
CREATE TABLE audits (
    audit_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT now(),
    part       text NOT NULL CHECK (part IN ('ledger', 'tables', 'recount')),
    accepted   bigint NOT NULL,
    applied    bigint NOT NULL,
    duplicates bigint NOT NULL,
    dead       bigint NOT NULL,
    in_flight  bigint NOT NULL,
    findings   text[] NOT NULL
);
COMMENT ON COLUMN audits.part IS
    'ledger: Kafka and the ledger; tables: the tables too; recount: each row of them as well';
COMMENT ON COLUMN audits.findings IS 'What did not agree, each in a line; the first hundred';
CREATE INDEX audits_newest ON audits (at);
GRANT SELECT, INSERT ON audits TO storepulse_query, storepulse_operator;
