-- No index holds a text that may be longer than an index takes (2,704 bytes): pages are found by a
-- hash of their path. And halted partitions stay known over restarts.

-- Immutable, as an index wants it: the database is in UTF-8 for as long as it lives.
CREATE FUNCTION text_hash(content text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN sha256(convert_to(content, 'UTF8'));

ALTER TABLE pages
    ADD COLUMN page_hash bytea NOT NULL GENERATED ALWAYS AS (text_hash(page)) STORED,
    DROP CONSTRAINT pages_store_id_page_key;
ALTER TABLE pages ADD CONSTRAINT pages_store_id_page_hash_key UNIQUE (store_id, page_hash);
COMMENT ON COLUMN pages.page_hash IS 'SHA-256 of the path in UTF-8';

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
