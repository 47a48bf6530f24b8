-- name: stage
CREATE TEMP TABLE stage_landing_hourly (
    store_id uuid, landing_page_id text, campaign_id text, hour timestamptz, day date,
    is_bot boolean, views bigint, clicks bigint, purchases bigint, told_orders bigint, others bigint
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_landing_revenue_hourly (LIKE landing_revenue_hourly) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_landing_sessions (LIKE landing_sessions) ON COMMIT DELETE ROWS;

-- name: landing_hourly
INSERT INTO landing_hourly AS t (store_id, landing_page_id, campaign_id, hour, day, is_bot,
       views, clicks, purchases, told_orders, others, sessions)
SELECT store_id, landing_page_id, campaign_id, hour, day, is_bot, views, clicks, purchases,
       told_orders, others, 0
  FROM stage_landing_hourly
 ORDER BY landing_page_id, campaign_id, hour, day, store_id, is_bot
ON CONFLICT (landing_page_id, campaign_id, hour, day, store_id, is_bot) DO UPDATE
   SET views = t.views + EXCLUDED.views,
       clicks = t.clicks + EXCLUDED.clicks,
       purchases = t.purchases + EXCLUDED.purchases,
       told_orders = t.told_orders + EXCLUDED.told_orders,
       others = t.others + EXCLUDED.others;

-- name: landing_revenue_hourly
INSERT INTO landing_revenue_hourly AS t
SELECT * FROM stage_landing_revenue_hourly
 ORDER BY landing_page_id, campaign_id, hour, day, currency, store_id, is_bot
ON CONFLICT (landing_page_id, campaign_id, hour, day, currency, store_id, is_bot) DO UPDATE
   SET purchases = t.purchases + EXCLUDED.purchases, revenue = t.revenue + EXCLUDED.revenue;

-- name: landing_sessions
-- Counts only sessions that are new to their hour; landing_hourly has the hour's row by now.
WITH added AS (
    INSERT INTO landing_sessions
    SELECT * FROM stage_landing_sessions
     ORDER BY landing_page_id, campaign_id, hour, day, session_id, store_id, is_bot
    ON CONFLICT DO NOTHING
    RETURNING *
), counted AS (
    SELECT store_id, landing_page_id, campaign_id, hour, day, is_bot, count(*) AS sessions
      FROM added GROUP BY store_id, landing_page_id, campaign_id, hour, day, is_bot
)
UPDATE landing_hourly t SET sessions = t.sessions + c.sessions
  FROM counted c
 WHERE t.landing_page_id = c.landing_page_id AND t.campaign_id = c.campaign_id AND t.hour = c.hour
   AND t.day = c.day AND t.store_id = c.store_id AND t.is_bot = c.is_bot;
