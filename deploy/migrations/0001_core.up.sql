-- Stores and keys, and what the tables of all ideas and streams need.
--
-- A migration that makes a table with time partitions makes its default partition too, and enters it
-- into `partitioned_tables`; its way down takes it out again. Nothing else has to know the table.
--
-- Each service works with a role of its own (adapters/postgres/roles.py makes them), and each migration
-- grants on its own tables what the services do with them. Who is granted nothing may do nothing.

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public
   TO storepulse_gateway, storepulse_agents, storepulse_delivery, storepulse_query, storepulse_operator;
GRANT SELECT ON schema_migrations TO storepulse_query, storepulse_operator;
-- Functions are everybody's where nothing else is said.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE TABLE stores (
    store_id   uuid PRIMARY KEY,
    domain     text UNIQUE,
    name       text,
    settings   jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL DEFAULT '',
    updated_at timestamptz NOT NULL DEFAULT now(),
    changed_in xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX stores_by_time ON stores (created_at, store_id);
CREATE INDEX stores_changed ON stores (changed_in);
COMMENT ON COLUMN stores.settings IS 'What differs from the defaults, but the time zone';
COMMENT ON COLUMN stores.changed_in IS 'The transaction that changed the row last: services read what is new by it';
GRANT SELECT ON stores
   TO storepulse_gateway, storepulse_agents, storepulse_query, storepulse_operator;
GRANT INSERT, UPDATE ON stores TO storepulse_query, storepulse_operator;

CREATE TABLE store_time_zones (
    store_id uuid NOT NULL REFERENCES stores ON DELETE CASCADE,
    from_day date NOT NULL,
    zone     text NOT NULL,
    PRIMARY KEY (store_id, from_day)
);
COMMENT ON COLUMN store_time_zones.from_day IS
    'The first local day on which the zone holds; before the first row it is UTC';
GRANT SELECT ON store_time_zones
   TO storepulse_gateway, storepulse_agents, storepulse_query, storepulse_operator;
GRANT INSERT, UPDATE, DELETE ON store_time_zones TO storepulse_query, storepulse_operator;

-- The day of a store on which an instant lies; of UTC where the store or its zones are unknown.
CREATE FUNCTION store_day(store_id uuid, at timestamptz) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT (at AT TIME ZONE coalesce((
               SELECT period.zone
                 FROM (SELECT z.from_day, z.zone,
                              lag(z.zone, 1, 'UTC') OVER (ORDER BY z.from_day) AS zone_before
                         FROM store_time_zones AS z
                        WHERE z.store_id = store_day.store_id) AS period
                WHERE (at AT TIME ZONE period.zone_before)::date >= period.from_day
                ORDER BY period.from_day DESC
                LIMIT 1), 'UTC'))::date;
END;
GRANT EXECUTE ON FUNCTION store_day TO storepulse_agents, storepulse_query, storepulse_operator;

CREATE TABLE api_keys (
    key_id     uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    line_id    uuid NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('publishable', 'secret')),
    key_hash   bytea NOT NULL UNIQUE,
    hint       text NOT NULL,
    name       text,
    store_id   uuid,
    scopes     text[] NOT NULL DEFAULT '{ingest}',
    origins    text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL DEFAULT '',
    expires_at timestamptz,
    revoked_at timestamptz,
    revoked_by text,
    changed_in xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX api_keys_by_time ON api_keys (created_at, key_id);
CREATE INDEX api_keys_of_store ON api_keys (store_id, created_at, key_id);
CREATE INDEX api_keys_of_line ON api_keys (line_id);
CREATE INDEX api_keys_changed ON api_keys (changed_in);
COMMENT ON COLUMN api_keys.line_id IS 'The first key of those that replaced one another by rotation';
COMMENT ON COLUMN api_keys.key_hash IS 'SHA-256 of the key: keys are random, so a slow hash adds nothing';
COMMENT ON COLUMN api_keys.origins IS 'Origins that may use a publishable key; empty: any';
GRANT SELECT ON api_keys TO storepulse_gateway, storepulse_query, storepulse_operator;
GRANT INSERT, UPDATE ON api_keys TO storepulse_query, storepulse_operator;

-- The key with this hash, for services that have keys shown to them and may not read the table.
CREATE FUNCTION find_key(wanted_hash bytea) RETURNS SETOF api_keys
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT * FROM api_keys WHERE key_hash = wanted_hash;
END;
GRANT EXECUTE ON FUNCTION find_key TO storepulse_agents, storepulse_delivery;

-- Whoever writes: the row says in which transaction.
CREATE FUNCTION note_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_in := pg_current_xact_id();
    RETURN NEW;
END
$$;
CREATE TRIGGER note_change BEFORE INSERT OR UPDATE ON stores FOR EACH ROW EXECUTE FUNCTION note_change();
CREATE TRIGGER note_change BEFORE INSERT OR UPDATE ON api_keys FOR EACH ROW EXECUTE FUNCTION note_change();

-- Who changed what of stores, keys and destinations; written by the change's own transaction.
CREATE TABLE admin_audit (
    audit_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    who      text NOT NULL,
    store_id uuid,
    action   text NOT NULL,
    object   text NOT NULL,
    change   jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX admin_audit_by_time ON admin_audit (at, audit_id);
CREATE INDEX admin_audit_of_store ON admin_audit (store_id, at, audit_id);
COMMENT ON COLUMN admin_audit.who IS 'The first characters of a key, cli, or start';
COMMENT ON COLUMN admin_audit.object IS 'The id of the store, key or destination';
COMMENT ON COLUMN admin_audit.change IS 'What it was set to; never a secret';
GRANT SELECT, INSERT ON admin_audit TO storepulse_query, storepulse_operator;

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
GRANT SELECT ON partitioned_tables TO storepulse_operator;

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
-- partition already holds for a new range moves into it. A partition has its table's grants, for
-- retention, which names partitions. It runs as the owner, since nobody else may make a table.
CREATE FUNCTION ensure_partitions(as_of timestamptz) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    entry partitioned_tables;
    step interval;
    first timestamptz;
    lower text;
    upper text;
    child text;
    key_column text;
    given text;
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
            FOR given IN
                SELECT format('GRANT %s ON %I TO %I', string_agg(a.privilege_type, ', '), child, r.rolname)
                  FROM pg_class c CROSS JOIN aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
                 WHERE c.oid = entry.parent::regclass AND a.grantee <> c.relowner
                 GROUP BY r.rolname
            LOOP
                EXECUTE given;
            END LOOP;
            created := created + 1;
        END LOOP;
    END LOOP;
    RETURN created;
END
$$;
GRANT EXECUTE ON FUNCTION ensure_partitions TO storepulse_agents, storepulse_delivery, storepulse_operator;

-- Drops a partition with what it holds: for whoever may delete every row of its table.
CREATE FUNCTION drop_partition(leaf text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    parent regclass;
BEGIN
    SELECT i.inhparent INTO parent
      FROM pg_inherits i
      JOIN pg_class c ON c.oid = i.inhparent
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN partitioned_tables t ON t.parent = c.relname
     WHERE i.inhrelid = to_regclass(quote_ident(leaf)) AND n.nspname = 'public'
       AND leaf <> t.parent || '_default';
    IF parent IS NULL THEN
        RAISE EXCEPTION 'no partition: %', leaf USING ERRCODE = 'undefined_table';
    ELSIF NOT has_table_privilege(session_user, parent, 'DELETE') THEN
        RAISE EXCEPTION 'permission denied for table %', parent USING ERRCODE = 'insufficient_privilege';
    END IF;
    EXECUTE format('DROP TABLE %I', leaf);
END
$$;
GRANT EXECUTE ON FUNCTION drop_partition TO storepulse_delivery, storepulse_operator;

-- For indexes over texts that may be longer than an index takes (2,704 bytes).
-- Immutable, as an index wants it: the database is in UTF-8 for as long as it lives.
CREATE FUNCTION text_hash(content text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN sha256(convert_to(content, 'UTF8'));
GRANT EXECUTE ON FUNCTION text_hash
   TO storepulse_gateway, storepulse_agents, storepulse_query, storepulse_operator;
