DROP TABLE images, cart_products_daily, cart_hourly, cart_tracking_events;
DELETE FROM partitioned_tables WHERE parent = 'cart_tracking_events';
