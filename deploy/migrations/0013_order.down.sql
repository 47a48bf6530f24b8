DROP TABLE order_hourly, order_events;
DELETE FROM partitioned_tables WHERE parent = 'order_events';
