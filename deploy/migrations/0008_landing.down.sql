DROP TABLE landing_sessions, landing_revenue_hourly, landing_hourly, landing_events;
DELETE FROM partitioned_tables WHERE parent = 'landing_events';
