DROP TABLE pages_daily, visitors_daily;
DELETE FROM partitioned_tables WHERE parent = 'visitors_daily';
