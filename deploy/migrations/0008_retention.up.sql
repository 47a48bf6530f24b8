-- What retention has removed: totals over all time stay right, and nothing is queued a second time.

CREATE TABLE deliveries_removed (
    destination_id uuid PRIMARY KEY,
    received_until timestamptz NOT NULL
);
COMMENT ON COLUMN deliveries_removed.received_until IS
    'Newest received_at of the rows that are gone: a backfill must begin after it';

CREATE TABLE dead_letters_removed (
    topic   text PRIMARY KEY,
    records bigint NOT NULL
);
COMMENT ON COLUMN dead_letters_removed.records IS
    'Records of the topic that died: letters that are gone, and replays that had come back to them';

-- How long these are kept is a setting.
ALTER TABLE partitioned_tables ALTER COLUMN keep DROP NOT NULL;
UPDATE partitioned_tables SET keep = NULL WHERE parent IN ('deliveries', 'delivery_attempts');
COMMENT ON COLUMN partitioned_tables.keep IS 'Null where a setting says it';
