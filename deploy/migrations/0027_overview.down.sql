DROP TABLE audits;
DROP TABLE visitors_hourly;
DELETE FROM partitioned_tables WHERE parent = 'visitors_hourly';
