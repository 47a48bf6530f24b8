DROP TABLE dead_letter_actions;
DELETE FROM dead_letters WHERE destination_id IS NOT NULL;
DROP INDEX dead_letters_source;
DROP INDEX dead_letters_listed;
DROP INDEX dead_letters_replayable;
ALTER TABLE dead_letters
    DROP COLUMN destination_id,
    DROP COLUMN header_names,
    DROP COLUMN header_values,
    DROP COLUMN received_at,
    DROP COLUMN claimed_by,
    DROP COLUMN claimed_until,
    DROP COLUMN quarantined_at,
    ADD CONSTRAINT dead_letters_topic_id_partition_offset_key UNIQUE (topic_id, partition, "offset");
DROP TABLE archived_images;
DELETE FROM partitioned_tables WHERE parent IN ('deliveries', 'delivery_attempts');
DROP TABLE delivery_attempts;
DROP TABLE delivery_batches;
DROP TABLE deliveries;
DROP SEQUENCE delivery_sequence;
DROP TABLE destination_breakers;
DROP TABLE destinations;
