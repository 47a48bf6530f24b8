-- Landing pages.

-- name: landing_events
INSERT INTO landing_events (event_id, store_id, session_id, visitor_id, correlation_id, occurred_at,
       received_at, event_type, event_name, landing_page_id, campaign_id, source, consent_analytics,
       consent_marketing, is_bot)
SELECT {event_id}, store_id, session_id, visitor_id, 'c-' || substr(md5(m::text), 1, 24), at,
       at + interval '200 milliseconds', CASE WHEN n %% 3 = 0 THEN 'click' ELSE 'view' END,
       CASE WHEN n %% 3 = 0 THEN 'click' ELSE 'view' END, 'landing-' || floor(60 * c * c),
       CASE WHEN n %% 2 = 0 THEN 'campaign-' || n %% 30 END, 'browser', 'granted', 'granted', is_bot
  FROM {visits}
 CROSS JOIN LATERAL (SELECT n AS m, began AS at OFFSET 0) AS seen;

-- name: landing_hourly
INSERT INTO landing_hourly
SELECT store_id, landing_page_id, coalesce(campaign_id, ''), date_trunc('hour', occurred_at, 'UTC'),
       (occurred_at AT TIME ZONE 'UTC')::date, is_bot, count(*) FILTER (WHERE event_type = 'view'),
       count(*) FILTER (WHERE event_type = 'click'), 0, 0, 0, count(DISTINCT session_id)
  FROM landing_events GROUP BY 1, 2, 3, 4, 5, 6;

-- name: landing_sessions
INSERT INTO landing_sessions
SELECT store_id, landing_page_id, coalesce(campaign_id, ''), date_trunc('hour', occurred_at, 'UTC'),
       (occurred_at AT TIME ZONE 'UTC')::date, session_id, is_bot
  FROM landing_events
ON CONFLICT DO NOTHING;

-- name: landing_revenue_hourly
INSERT INTO landing_revenue_hourly
SELECT store_id, landing_page_id, campaign_id, hour, day, 'EUR', is_bot, 1, 20
  FROM landing_hourly WHERE views > 3;
