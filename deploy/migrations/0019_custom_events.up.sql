-- Custom events by name, and web vitals by page: of the store's days.

CREATE TABLE custom_events_daily (
    store_id  uuid NOT NULL,
    day       date NOT NULL,
    name_hash bytea NOT NULL,
    stream    text NOT NULL,
    is_bot    boolean NOT NULL,
    name      text NOT NULL,
    events    bigint NOT NULL,
    PRIMARY KEY (store_id, day, name_hash, stream, is_bot)
) WITH (fillfactor = 70);
COMMENT ON COLUMN custom_events_daily.name_hash IS 'SHA-256 of the name in UTF-8';
COMMENT ON COLUMN custom_events_daily.name IS 'NFC, single spaces; empty where an event named none';

CREATE TABLE web_vitals_daily (
    store_id  uuid NOT NULL,
    day       date NOT NULL,
    metric    text NOT NULL,
    page_hash bytea NOT NULL,
    is_bot    boolean NOT NULL,
    bucket    smallint NOT NULL,
    page      text NOT NULL,
    samples   bigint NOT NULL,
    total     numeric NOT NULL,
    PRIMARY KEY (store_id, day, metric, page_hash, is_bot, bucket)
) WITH (fillfactor = 70);
COMMENT ON COLUMN web_vitals_daily.page_hash IS 'SHA-256 of the page in UTF-8';
COMMENT ON COLUMN web_vitals_daily.page IS
    'A page''s path begins with a slash; else the id of a landing page; empty where none was named';
COMMENT ON COLUMN web_vitals_daily.bucket IS 'Of values between two bounds, sixteen to an octave';
COMMENT ON COLUMN web_vitals_daily.total IS 'Sum of the values: milliseconds, of CLS the score';

-- The same of all pages: a shop of 500 pages has a hundred times the rows above.
CREATE TABLE web_vitals_of_stores (
    store_id uuid NOT NULL,
    day      date NOT NULL,
    metric   text NOT NULL,
    is_bot   boolean NOT NULL,
    bucket   smallint NOT NULL,
    samples  bigint NOT NULL,
    total    numeric NOT NULL,
    PRIMARY KEY (store_id, day, metric, is_bot, bucket)
) WITH (fillfactor = 70);

GRANT SELECT, INSERT, UPDATE ON custom_events_daily, web_vitals_daily, web_vitals_of_stores
      TO storepulse_agents;
GRANT SELECT ON custom_events_daily, web_vitals_daily, web_vitals_of_stores
      TO storepulse_query, storepulse_operator;
GRANT SELECT (store_id, day, name_hash) ON custom_events_daily TO storepulse_gateway;

-- What is stored already. The day is asked for once for each quarter of an hour: all zones are whole
-- quarters from UTC.
INSERT INTO custom_events_daily (store_id, day, name_hash, stream, is_bot, name, events)
SELECT store_id, store_day(store_id, at), text_hash(name), stream, is_bot, name, sum(events)
  FROM (SELECT store_id, date_bin('15 minutes', occurred_at, '2000-01-01Z') AS at, stream, is_bot,
               coalesce(counted_name(name), '') AS name,
               count(*) AS events
          FROM (SELECT store_id, occurred_at, 'activity' AS stream, is_bot, name
                  FROM customer_activity WHERE activity_type = 'custom'
                UNION ALL
                SELECT store_id, occurred_at, 'bot', is_bot, name
                  FROM tg_analytics_events WHERE event_type = 'custom'
                UNION ALL
                SELECT store_id, occurred_at, 'landing', is_bot, event_name
                  FROM landing_events WHERE event_type = 'Custom') AS told
         GROUP BY 1, 2, 3, 4, 5) AS counted
 GROUP BY 1, 2, 4, 5, 6;
