-- Stores and keys, and what the tables of all ideas and streams need.
--
-- A migration that makes a table with time partitions makes its default partition too, and enters it
-- into `partitioned_tables`; its way down takes it out again. Nothing else has to know the table.

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
    keep   interval,
    fill   int NOT NULL DEFAULT 100 CHECK (fill BETWEEN 10 AND 100)
);
COMMENT ON COLUMN partitioned_tables.keep IS 'Null where a setting says it';
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

-- For indexes over texts that may be longer than an index takes (2,704 bytes).
-- Immutable, as an index wants it: the database is in UTF-8 for as long as it lives.
CREATE FUNCTION text_hash(content text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN sha256(convert_to(content, 'UTF8'));
