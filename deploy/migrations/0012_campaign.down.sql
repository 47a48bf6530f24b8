DROP INDEX orders_campaign;
DROP TABLE campaign_people, campaign_revenue_hourly, campaign_hourly, pulse_events;
DELETE FROM partitioned_tables WHERE parent = 'pulse_events';
