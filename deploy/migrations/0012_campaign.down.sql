DROP TABLE campaign_hourly, campaign_events;
DELETE FROM partitioned_tables WHERE parent = 'campaign_events';
