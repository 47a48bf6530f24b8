DELETE FROM partitioned_tables WHERE parent IN ('deliveries', 'delivery_attempts');
DROP TABLE archived_images, purchase_claims, deliveries_removed, delivery_attempts, delivery_batches, deliveries;
DROP SEQUENCE delivery_sequence;
DROP TABLE destination_breakers, destinations;
