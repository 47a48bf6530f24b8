DROP TABLE usage_hourly, usage_events;
DELETE FROM partitioned_tables WHERE parent = 'usage_events';
