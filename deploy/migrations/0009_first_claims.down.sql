-- Deliveries of a first claim carry its id again, so that nobody sends them under another one.
UPDATE deliveries AS d
   SET batch_id = b.batch_id
  FROM delivery_batches AS b, unnest(b.members) AS member
 WHERE b.status = 'pending' AND d.destination_id = b.destination_id AND d.priority IN (0, 1, 2)
   AND d.sequence = member AND d.status = 'pending' AND d.batch_id IS NULL;
DROP INDEX delivery_batches_members;
ALTER TABLE delivery_batches DROP COLUMN members, DROP COLUMN bytes;
