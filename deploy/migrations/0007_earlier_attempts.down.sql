ALTER TABLE deliveries DROP COLUMN earlier_batches;
