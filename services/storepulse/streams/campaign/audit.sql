-- name: campaign_rows
SELECT store_id::text, count(*) FROM campaign_events GROUP BY store_id;

-- name: campaign_hourly
SELECT store_id::text, sum(events)::bigint FROM campaign_hourly GROUP BY store_id;
