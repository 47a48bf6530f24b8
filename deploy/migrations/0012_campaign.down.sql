DROP INDEX orders_campaign;
ALTER TABLE orders DROP COLUMN credited_campaign_id, DROP COLUMN credited_word;
DROP TABLE campaign_people, campaign_revenue_hourly, campaign_hourly, pulse_events;
DELETE FROM partitioned_tables WHERE parent = 'pulse_events';
