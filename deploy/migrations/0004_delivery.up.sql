-- Destinations, and the delivery queue with its attempts.

CREATE TABLE destinations (
    destination_id  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name            text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    kind            text NOT NULL,
    status          text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'paused', 'disabled')),
    status_reason   text NOT NULL DEFAULT '',
    store_id        uuid,
    streams         text[] NOT NULL DEFAULT '{}',
    types           text[] NOT NULL DEFAULT '{}',
    consent         text[] NOT NULL DEFAULT '{}' CHECK (consent <@ '{analytics,marketing}'),
    include_bots    boolean NOT NULL DEFAULT false,
    config          jsonb NOT NULL DEFAULT '{}',
    secrets         bytea,
    secret_ends     jsonb NOT NULL DEFAULT '{}',
    ordered         boolean NOT NULL DEFAULT false,
    batch_events    int NOT NULL DEFAULT 50 CHECK (batch_events BETWEEN 1 AND 500),
    batch_seconds   real NOT NULL DEFAULT 5 CHECK (batch_seconds BETWEEN 0 AND 300),
    max_in_flight   int NOT NULL DEFAULT 8 CHECK (max_in_flight BETWEEN 1 AND 256),
    rate_per_second real CHECK (rate_per_second > 0),
    retry_seconds   real[] NOT NULL DEFAULT '{1,2,4,60,300,1800,7200,18000,36000}',
    timeout_seconds real NOT NULL DEFAULT 15 CHECK (timeout_seconds > 0 AND timeout_seconds <= 15),
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT vendors_name_streams CHECK (kind NOT IN ('ga4', 'meta_capi') OR streams <> '{}')
);
COMMENT ON COLUMN destinations.store_id IS 'Null: the events of every store';
COMMENT ON COLUMN destinations.streams IS 'Empty: every stream, but for vendors, which get none that is not named; types empty: every type';
COMMENT ON COLUMN destinations.consent IS 'Purposes for which an event must carry a granted consent';
COMMENT ON COLUMN destinations.secrets IS 'JSON, encrypted with the key of the installation';
COMMENT ON COLUMN destinations.secret_ends IS 'By name, when each of its secrets ends, the newest first; null: when somebody ends it';
COMMENT ON COLUMN destinations.ordered IS 'First in, first out per ordering key; priorities then do not count';
COMMENT ON COLUMN destinations.retry_seconds IS 'Wait after the first, second, … failure; their number is that of the retries';
GRANT SELECT ON destinations TO storepulse_delivery;
GRANT UPDATE (status, status_reason, updated_at) ON destinations TO storepulse_delivery;
GRANT SELECT, INSERT, UPDATE, DELETE ON destinations TO storepulse_query, storepulse_operator;

-- What the breakers know, so that a restart and several processes go on from it.
CREATE TABLE destination_breakers (
    destination_id uuid PRIMARY KEY REFERENCES destinations ON DELETE CASCADE,
    state          text NOT NULL DEFAULT 'closed' CHECK (state IN ('closed', 'open', 'probing')),
    recent         text NOT NULL DEFAULT '',
    opened         int NOT NULL DEFAULT 0,
    probe_at       timestamptz,
    probe_until    timestamptz,
    account_fault  text NOT NULL DEFAULT '',
    changed_at     timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN destination_breakers.recent IS 'Newest outcomes, oldest first: . is a success, x a failure';
COMMENT ON COLUMN destination_breakers.account_fault IS 'What the destination last said against our account there; empty while it takes events';
COMMENT ON COLUMN destination_breakers.opened IS 'How often it opened without closing in between';
GRANT SELECT, INSERT, UPDATE ON destination_breakers TO storepulse_delivery;
GRANT SELECT, UPDATE ON destination_breakers TO storepulse_query, storepulse_operator;

CREATE SEQUENCE delivery_sequence;
GRANT USAGE ON SEQUENCE delivery_sequence
   TO storepulse_delivery, storepulse_query, storepulse_operator;

-- One row per destination and event. Copies of an event carry the same received_at, so that they
-- meet in one partition.
CREATE TABLE deliveries (
    destination_id   uuid NOT NULL,
    store_id         uuid NOT NULL,
    event_id         uuid NOT NULL,
    received_at      timestamptz NOT NULL,
    sequence         bigint NOT NULL DEFAULT nextval('delivery_sequence'),
    stream           text NOT NULL,
    event_type       text NOT NULL,
    priority         smallint NOT NULL CHECK (priority BETWEEN 0 AND 2),
    ordering_key     text,
    status           text NOT NULL DEFAULT 'pending'
                     CHECK (status IN ('pending', 'sent', 'failed', 'skipped')),
    batch_id         uuid,
    earlier_batches  uuid[] NOT NULL DEFAULT '{}',
    dead_letter_id   uuid,
    attempts         int NOT NULL DEFAULT 0,
    last_status      int,
    last_error       text NOT NULL DEFAULT '',
    skipped_order    text,
    created_at       timestamptz NOT NULL,
    finished_at      timestamptz,
    key              bytea,
    value            bytea NOT NULL,
    header_names     text[] NOT NULL DEFAULT '{}',
    header_values    bytea[] NOT NULL DEFAULT '{}',
    source_topic     text NOT NULL,
    source_topic_id  text NOT NULL,
    source_partition int NOT NULL,
    source_offset    bigint NOT NULL,
    PRIMARY KEY (destination_id, store_id, event_id, received_at, stream)
) PARTITION BY RANGE (received_at);
COMMENT ON COLUMN deliveries.priority IS '0 high, 1 normal, 2 low; always 1 where the destination is ordered';
COMMENT ON COLUMN deliveries.status IS 'failed: refused for good, or out of retries; skipped: left out on purpose';
COMMENT ON COLUMN deliveries.skipped_order IS 'The order whose purchase another event carries, where that is why it was skipped';
COMMENT ON COLUMN deliveries.batch_id IS 'The request that this row is part of; null: not yet part of one';
COMMENT ON COLUMN deliveries.earlier_batches IS 'The requests that it was part of before it was sent again, oldest first';
COMMENT ON COLUMN deliveries.attempts IS 'As of the last change of status; while it is pending, its batch counts';
CREATE INDEX deliveries_waiting ON deliveries (destination_id, priority, sequence)
    WHERE status = 'pending' AND batch_id IS NULL;
CREATE INDEX deliveries_keys_in_flight ON deliveries (destination_id, ordering_key)
    WHERE status = 'pending' AND batch_id IS NOT NULL AND ordering_key IS NOT NULL;
CREATE INDEX deliveries_of_batch ON deliveries (batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX deliveries_of_event ON deliveries (event_id);
CREATE INDEX deliveries_received ON deliveries (received_at);
CREATE INDEX deliveries_failed ON deliveries (destination_id, finished_at) WHERE status = 'failed';
CREATE INDEX deliveries_skipped_orders ON deliveries (destination_id, store_id, skipped_order)
    WHERE status = 'skipped' AND skipped_order IS NOT NULL;
CREATE TABLE deliveries_default PARTITION OF deliveries DEFAULT;
-- Default partitions too, here and below: retention names partitions.
GRANT SELECT, INSERT, UPDATE, DELETE ON deliveries, deliveries_default
   TO storepulse_delivery, storepulse_operator;
GRANT SELECT, INSERT, UPDATE ON deliveries TO storepulse_query;

-- One row per request: rows of `deliveries` that are sent together, the same ones on each attempt.
CREATE TABLE delivery_batches (
    batch_id        uuid PRIMARY KEY,
    destination_id  uuid NOT NULL,
    parent_id       uuid,
    status          text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'done')),
    events          int NOT NULL,
    bytes           bigint NOT NULL DEFAULT 0,
    members         bigint[],
    attempts        int NOT NULL DEFAULT 0,
    due_at          timestamptz NOT NULL,
    claimed_by      uuid,
    claimed_until   timestamptz,
    last_attempt_at timestamptz,
    last_status     int,
    last_error      text NOT NULL DEFAULT '',
    created_at      timestamptz NOT NULL
);
COMMENT ON COLUMN delivery_batches.batch_id IS 'Also the webhook-id, so that it is the same on every attempt';
COMMENT ON COLUMN delivery_batches.parent_id IS 'The batch that was halved to find an offending event';
COMMENT ON COLUMN delivery_batches.bytes IS 'Of its events'' values as they are stored';
COMMENT ON COLUMN delivery_batches.members IS 'Sequences of its deliveries until they carry its id themselves, which is at its end or before a second claim';
CREATE INDEX delivery_batches_due ON delivery_batches (destination_id, due_at) WHERE status = 'pending';
CREATE INDEX delivery_batches_members ON delivery_batches (destination_id)
    WHERE status = 'pending' AND members IS NOT NULL;
GRANT SELECT, INSERT, UPDATE, DELETE ON delivery_batches TO storepulse_delivery;
GRANT SELECT, UPDATE, DELETE ON delivery_batches TO storepulse_operator;
GRANT SELECT, UPDATE ON delivery_batches TO storepulse_query;

CREATE TABLE delivery_attempts (
    batch_id     uuid NOT NULL,
    attempt      int NOT NULL,
    attempted_at timestamptz NOT NULL,
    seconds      real NOT NULL,
    outcome      text NOT NULL,
    status       int,
    error        text NOT NULL DEFAULT '',
    PRIMARY KEY (batch_id, attempt, attempted_at)
) PARTITION BY RANGE (attempted_at);
COMMENT ON COLUMN delivery_attempts.error IS 'What failed, with the first 1 KB of the answer';
CREATE TABLE delivery_attempts_default PARTITION OF delivery_attempts DEFAULT;
GRANT SELECT, INSERT, DELETE ON delivery_attempts, delivery_attempts_default TO storepulse_delivery;
GRANT SELECT, DELETE ON delivery_attempts, delivery_attempts_default TO storepulse_operator;
GRANT SELECT ON delivery_attempts TO storepulse_query;

INSERT INTO partitioned_tables (parent, unit, keep) VALUES
    ('deliveries', 'month', NULL),
    ('delivery_attempts', 'month', NULL);

-- Retention vacuums a partition before it drops it. Before version 17 there is no such right, and
-- only the owner's retention does.
DO $$
BEGIN
    IF current_setting('server_version_num')::int >= 170000 THEN
        GRANT MAINTAIN ON deliveries, deliveries_default TO storepulse_delivery, storepulse_operator;
    END IF;
END
$$;

-- Nothing is queued a second time when deliveries are gone.
CREATE TABLE deliveries_removed (
    destination_id uuid PRIMARY KEY,
    received_until timestamptz NOT NULL
);
COMMENT ON COLUMN deliveries_removed.received_until IS
    'Newest received_at of the rows that are gone: a backfill must begin after it';
GRANT SELECT, INSERT, UPDATE ON deliveries_removed TO storepulse_delivery, storepulse_operator;
GRANT SELECT ON deliveries_removed TO storepulse_query;

-- A vendor's destination gets an order's purchase once: by the event that stands here.
CREATE TABLE purchase_claims (
    destination_id uuid NOT NULL,
    store_id       uuid NOT NULL,
    order_id       text NOT NULL,
    event_id       uuid NOT NULL,
    received_at    timestamptz NOT NULL,
    stream         text NOT NULL,
    claimed_at     timestamptz NOT NULL,
    PRIMARY KEY (destination_id, store_id, order_id)
);
COMMENT ON COLUMN purchase_claims.event_id IS 'With received_at and stream: the delivery that is sent, or was; gone once it ends in another way';
CREATE INDEX purchase_claims_claimed ON purchase_claims (claimed_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON purchase_claims TO storepulse_delivery;
GRANT SELECT, UPDATE, DELETE ON purchase_claims TO storepulse_operator;

-- Images that bots sent, where they are kept for good.
CREATE TABLE archived_images (
    store_id     uuid NOT NULL,
    stream       text NOT NULL,
    event_id     uuid NOT NULL,
    field        text NOT NULL,
    source_url   text NOT NULL,
    archived_url text NOT NULL,
    media_type   text NOT NULL,
    bytes        int NOT NULL,
    archived_at  timestamptz NOT NULL,
    PRIMARY KEY (store_id, stream, event_id, field)
);
GRANT SELECT, INSERT ON archived_images TO storepulse_delivery;
GRANT SELECT ON archived_images TO storepulse_query, storepulse_operator;
