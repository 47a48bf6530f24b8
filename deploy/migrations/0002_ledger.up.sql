-- What makes consumption exact: offsets, counts, and the ids of events.

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
GRANT SELECT, INSERT, UPDATE ON ledger_partitions TO storepulse_agents, storepulse_delivery;
GRANT SELECT ON ledger_partitions TO storepulse_query, storepulse_operator;

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
GRANT SELECT, INSERT, UPDATE ON ledger_gaps TO storepulse_agents, storepulse_delivery;
GRANT SELECT ON ledger_gaps TO storepulse_query, storepulse_operator;

CREATE TABLE halted_partitions (
    consumer_group text NOT NULL,
    topic_id       text NOT NULL,
    partition      int NOT NULL,
    topic          text NOT NULL,
    lower_offset   bigint NOT NULL,
    upper_offset   bigint NOT NULL,
    message        text NOT NULL,
    halted_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer_group, topic_id, partition)
);
COMMENT ON TABLE halted_partitions IS 'Offsets that mostly did not decode, until the ledger has passed them';
COMMENT ON COLUMN halted_partitions.upper_offset IS 'Exclusive';
GRANT SELECT, INSERT, UPDATE, DELETE ON halted_partitions TO storepulse_agents, storepulse_delivery;
GRANT SELECT ON halted_partitions TO storepulse_query, storepulse_operator;

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
GRANT SELECT, INSERT, UPDATE ON ledger_counts TO storepulse_agents;
GRANT SELECT (stream, store_id, hour) ON ledger_counts TO storepulse_gateway;
GRANT SELECT ON ledger_counts TO storepulse_query, storepulse_operator;

-- Ids inside the dedupe window. The partition key is the id itself, so every copy of an event,
-- whenever it arrives, meets the same partition. UUIDv7 ids fall into the partition of their day
-- and keep its index hot; all others share the default partition. The same id in another stream is
-- another event.
CREATE TABLE event_ids (
    event_id      uuid NOT NULL,
    store_id      uuid NOT NULL,
    content_crc   int NOT NULL,
    seen_on       date NOT NULL DEFAULT current_date,
    stream_number smallint NOT NULL,
    PRIMARY KEY (event_id, store_id, stream_number)
) PARTITION BY RANGE (event_id);
COMMENT ON COLUMN event_ids.stream_number IS
    'The last three digits of the ids of the stream''s schemas';
CREATE TABLE event_ids_default PARTITION OF event_ids DEFAULT;
INSERT INTO partitioned_tables (parent, unit, keep) VALUES ('event_ids', 'uuid7_day', interval '8 days');
GRANT SELECT, INSERT ON event_ids TO storepulse_agents;
GRANT SELECT ON event_ids TO storepulse_operator;
