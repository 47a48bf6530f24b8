-- name: stage
CREATE TEMP TABLE stage_campaign_hourly (LIKE campaign_hourly) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_campaign_revenue_hourly (LIKE campaign_revenue_hourly)
    ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_campaign_people (LIKE campaign_people) ON COMMIT DELETE ROWS;

-- name: campaign_hourly
-- Rows are locked in key order, here and below.
INSERT INTO campaign_hourly AS t
SELECT * FROM stage_campaign_hourly ORDER BY campaign_id, hour, day, store_id, is_bot
ON CONFLICT (campaign_id, hour, day, store_id, is_bot) DO UPDATE
   SET opens = t.opens + EXCLUDED.opens,
       purchases = t.purchases + EXCLUDED.purchases,
       told_orders = t.told_orders + EXCLUDED.told_orders,
       others = t.others + EXCLUDED.others;

-- name: campaign_revenue_hourly
INSERT INTO campaign_revenue_hourly AS t
SELECT * FROM stage_campaign_revenue_hourly
 ORDER BY campaign_id, hour, day, currency, store_id, is_bot
ON CONFLICT (campaign_id, hour, day, currency, store_id, is_bot) DO UPDATE
   SET purchases = t.purchases + EXCLUDED.purchases, revenue = t.revenue + EXCLUDED.revenue;

-- name: campaign_people
INSERT INTO campaign_people
SELECT * FROM stage_campaign_people
 ORDER BY campaign_id, hour, day, tracking_id, store_id, is_bot
ON CONFLICT DO NOTHING;
