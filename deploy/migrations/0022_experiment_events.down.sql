DROP TABLE experiment_hourly, experiment_events;
DELETE FROM partitioned_tables WHERE parent = 'experiment_events';
