-- name: campaign_rows
SELECT store_id::text, count(*) FROM pulse_events GROUP BY store_id;

-- name: campaign_hourly
SELECT store_id::text, sum(opens + purchases + told_orders + others)::bigint
  FROM campaign_hourly GROUP BY store_id;
