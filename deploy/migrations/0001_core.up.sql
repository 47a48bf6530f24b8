-- Stores, keys, ledger, event ids, dead letters, and the machinery of time partitions.

CREATE TABLE stores (
    store_id   uuid PRIMARY KEY,
    domain     text UNIQUE,
    settings   jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_keys (
    key_id     uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    kind       text NOT NULL CHECK (kind IN ('publishable', 'secret')),
    key_hash   bytea NOT NULL UNIQUE,
    hint       text NOT NULL,
    store_id   uuid,
    scopes     text[] NOT NULL DEFAULT '{ingest}',
    origins    text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);
COMMENT ON COLUMN api_keys.key_hash IS 'SHA-256 of the key: keys are random, so a slow hash adds nothing';
COMMENT ON COLUMN api_keys.origins IS 'Origins that may use a publishable key; empty: any';

-- Tables that are partitioned by time, for creation ahead and for retention.
CREATE TABLE partitioned_tables (
    parent text PRIMARY KEY,
    unit   text NOT NULL CHECK (unit IN ('month', 'uuid7_day')),
    keep   interval NOT NULL,
    fill   int NOT NULL DEFAULT 100 CHECK (fill BETWEEN 10 AND 100)
);
COMMENT ON COLUMN partitioned_tables.fill IS
    'Fillfactor: rollups leave room on each page, so that an update stays there and leaves the index alone';
COMMENT ON COLUMN partitioned_tables.unit IS
    'month: by a timestamp; uuid7_day: by a UUID whose first 48 bits are milliseconds';

-- Lower bound of a partition as a literal: a timestamp, or the least UUIDv7 of that day.
CREATE FUNCTION partition_bound(unit text, at timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE unit
        WHEN 'month' THEN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD') || ' 00:00:00+00'
        ELSE regexp_replace(
            lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0'),
            '^(.{8})(.{4})$', '\1-\2-0000-0000-000000000000')
    END
$$;

-- Creates the partitions from one unit before `as_of` to three after it. What the default
-- partition already holds for a new range moves into it.
CREATE FUNCTION ensure_partitions(as_of timestamptz) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    entry partitioned_tables;
    step interval;
    first timestamptz;
    lower text;
    upper text;
    child text;
    key_column text;
    created int := 0;
BEGIN
    -- Two services may start at the same time.
    PERFORM pg_advisory_xact_lock(hashtext('ensure_partitions'));
    FOR entry IN SELECT * FROM partitioned_tables LOOP
        step := CASE entry.unit WHEN 'month' THEN interval '1 month' ELSE interval '1 day' END;
        first := date_trunc(CASE entry.unit WHEN 'month' THEN 'month' ELSE 'day' END, as_of, 'UTC');
        SELECT a.attname INTO key_column
          FROM pg_partitioned_table p
          JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
         WHERE p.partrelid = entry.parent::regclass;
        FOR i IN -1..3 LOOP
            lower := partition_bound(entry.unit, (first AT TIME ZONE 'UTC' + i * step) AT TIME ZONE 'UTC');
            upper := partition_bound(entry.unit, (first AT TIME ZONE 'UTC' + (i + 1) * step) AT TIME ZONE 'UTC');
            child := entry.parent || to_char(
                first AT TIME ZONE 'UTC' + i * step,
                CASE entry.unit WHEN 'month' THEN '_YYYYMM' ELSE '_YYYYMMDD' END);
            CONTINUE WHEN to_regclass(child) IS NOT NULL;
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL) WITH (fillfactor = %s)', child, entry.parent, entry.fill);
            EXECUTE format(
                'WITH moved AS (DELETE FROM %I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
                entry.parent || '_default', key_column, lower, key_column, upper, child);
            EXECUTE format(
                'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                entry.parent, child, lower, upper);
            created := created + 1;
        END LOOP;
    END LOOP;
    RETURN created;
END
$$;

-- Where each partition of Kafka continues, and what the next slice needs to know of the last one.
CREATE TABLE ledger_partitions (
    consumer_group text NOT NULL,
    topic_id       text NOT NULL,
    partition      int NOT NULL,
    topic          text NOT NULL,
    applied        int8multirange NOT NULL DEFAULT '{}',
    carry          bytea,
    updated_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer_group, topic_id, partition)
);
COMMENT ON COLUMN ledger_partitions.topic_id IS
    'Kafka''s topic id: a topic deleted and made again starts at offset 0 with another id';
COMMENT ON COLUMN ledger_partitions.applied IS 'Offsets whose effect is in this database';

-- Offsets that Kafka no longer had, or never gave to a record: retention, transaction markers.
CREATE TABLE ledger_gaps (
    consumer_group text NOT NULL,
    topic_id       text NOT NULL,
    partition      int NOT NULL,
    lower_offset   bigint NOT NULL,
    upper_offset   bigint NOT NULL,
    noticed_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer_group, topic_id, partition, lower_offset)
);
COMMENT ON COLUMN ledger_gaps.upper_offset IS 'Exclusive';

-- accepted = applied + duplicate + dead, for each stream, store and hour of received_at.
CREATE TABLE ledger_counts (
    stream    text NOT NULL,
    store_id  uuid NOT NULL,
    hour      timestamptz NOT NULL,
    accepted  bigint NOT NULL DEFAULT 0,
    applied   bigint NOT NULL DEFAULT 0,
    duplicate bigint NOT NULL DEFAULT 0,
    conflict  bigint NOT NULL DEFAULT 0,
    dead      bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (stream, store_id, hour),
    CHECK (accepted = applied + duplicate + dead),
    CHECK (conflict <= duplicate)
);
COMMENT ON COLUMN ledger_counts.store_id IS 'The nil UUID where a dead record names no store';
COMMENT ON COLUMN ledger_counts.conflict IS 'Duplicates whose content differs from the first';

-- Ids inside the dedupe window. The partition key is the id itself, so every copy of an event,
-- whenever it arrives, meets the same partition. UUIDv7 ids fall into the partition of their day
-- and keep its index hot; all others share the default partition.
CREATE TABLE event_ids (
    event_id    uuid NOT NULL,
    store_id    uuid NOT NULL,
    content_crc int NOT NULL,
    seen_on     date NOT NULL DEFAULT current_date,
    PRIMARY KEY (event_id, store_id)
) PARTITION BY RANGE (event_id);
CREATE TABLE event_ids_default PARTITION OF event_ids DEFAULT;

CREATE TABLE dead_letters (
    dead_letter_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    stream         text NOT NULL,
    stage          text NOT NULL,
    status         text NOT NULL DEFAULT 'open'
                   CHECK (status IN ('open', 'reprocessing', 'resolved', 'discarded')),
    reason         text NOT NULL,
    field          text NOT NULL DEFAULT '',
    message        text NOT NULL DEFAULT '',
    topic          text NOT NULL,
    topic_id       text NOT NULL,
    partition      int NOT NULL,
    "offset"       bigint NOT NULL,
    store_id       uuid,
    event_id       uuid,
    key            bytea,
    value          bytea,
    code_version   text NOT NULL,
    replays        int NOT NULL DEFAULT 0,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (topic_id, partition, "offset")
);
COMMENT ON COLUMN dead_letters.reason IS 'One of a few fixed phrases, for grouping; message says more';
CREATE INDEX dead_letters_open ON dead_letters (stream, reason, created_at) WHERE status = 'open';

INSERT INTO partitioned_tables (parent, unit, keep) VALUES ('event_ids', 'uuid7_day', interval '8 days');
