REVOKE DELETE ON orders FROM storepulse_agents;
COMMENT ON COLUMN orders.refunded IS 'The greatest total that was told';
COMMENT ON COLUMN orders.campaign_id IS NULL;
DROP INDEX orders_newest, orders_told, orders_unseen;
ALTER TABLE orders DROP COLUMN order_name, DROP COLUMN channel, DROP COLUMN told_at, DROP COLUMN seen_at;
DROP TABLE order_products, order_refunds, order_tellings, order_hourly, order_events;
DELETE FROM partitioned_tables WHERE parent = 'order_events';
