-- The first claim of a request names its deliveries in one row, instead of changing each of theirs;
-- and requests know how many bytes they are.

ALTER TABLE delivery_batches
    ADD COLUMN members bigint[],
    ADD COLUMN bytes bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN delivery_batches.members IS 'Sequences of its deliveries until they carry its id themselves, which is at its end or before a second claim';
COMMENT ON COLUMN delivery_batches.bytes IS 'Of its events'' values as they are stored';
CREATE INDEX delivery_batches_members ON delivery_batches (destination_id)
    WHERE status = 'pending' AND members IS NOT NULL;

UPDATE delivery_batches AS b
   SET bytes = coalesce((SELECT sum(octet_length(d.value)) FROM deliveries AS d
                          WHERE d.batch_id = b.batch_id AND d.status = 'pending'), 0)
 WHERE b.status = 'pending';
