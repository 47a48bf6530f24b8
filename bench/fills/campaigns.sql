-- Campaigns: every other visit came by one of thirty.

-- name: pulse_events
INSERT INTO pulse_events (event_id, store_id, session_id, correlation_id, occurred_at, received_at, event_type,
       event_name, campaign_id, tracking_id, telegram_id, value, currency, order_id, payload, source,
       consent_analytics, consent_marketing, is_bot)
SELECT {event_id}, store_id, CASE WHEN n %% 4 = 0 THEN session_id END, 'c-' || substr(md5(m::text), 1, 24),
       at, at + interval '200 milliseconds', kind, kind, 'campaign-' || n %% 30,
       't-' || floor(b * %(visits)s::bigint)::bigint, CASE WHEN n %% 6 = 0 THEN 1000000000 + n END,
       CASE WHEN kind <> 'WEBAPP_OPEN' THEN 20 + n %% 80 END, CASE WHEN kind <> 'WEBAPP_OPEN' THEN 'EUR' END,
       CASE WHEN n %% 5 = 0 THEN n::text END, jsonb_build_object('screen', 'start', 'step', n %% 7), 'server',
       'granted', 'granted', is_bot
  FROM {visits}
 CROSS JOIN LATERAL (
       SELECT n AS m, began AS at,
              CASE WHEN n %% 5 = 0 THEN 'ORDER_PAID' WHEN n %% 50 = 2 THEN 'ORDER_PAID'
                   WHEN n %% 7 = 0 THEN 'PAYWALL_SHOWN' ELSE 'WEBAPP_OPEN' END AS kind
       OFFSET 0) AS told
 WHERE n %% 2 = 0;

-- name: campaign_hourly
INSERT INTO campaign_hourly
SELECT store_id, campaign_id, date_trunc('hour', occurred_at, 'UTC'), (occurred_at AT TIME ZONE 'UTC')::date,
       is_bot, count(*) FILTER (WHERE event_name = 'WEBAPP_OPEN'),
       count(*) FILTER (WHERE event_name = 'ORDER_PAID' AND order_id IS NULL), count(order_id),
       count(*) FILTER (WHERE event_name = 'PAYWALL_SHOWN')
  FROM pulse_events GROUP BY 1, 2, 3, 4, 5;

-- name: campaign_revenue_hourly
INSERT INTO campaign_revenue_hourly
SELECT store_id, campaign_id, date_trunc('hour', occurred_at, 'UTC'), (occurred_at AT TIME ZONE 'UTC')::date,
       currency, is_bot, count(*), sum(value)
  FROM pulse_events WHERE event_name = 'ORDER_PAID' AND order_id IS NULL GROUP BY 1, 2, 3, 4, 5, 6;

-- name: campaign_people
INSERT INTO campaign_people
SELECT DISTINCT store_id, campaign_id, date_trunc('hour', occurred_at, 'UTC'),
       (occurred_at AT TIME ZONE 'UTC')::date, tracking_id, is_bot
  FROM pulse_events;
