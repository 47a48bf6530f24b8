DROP TABLE bot_hourly, bot_events;
DELETE FROM partitioned_tables WHERE parent = 'bot_events';
