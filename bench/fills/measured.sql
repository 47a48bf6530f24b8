-- Figures of custom events and of web vitals: of days on which a store had visits, and of seen pages.

-- name: custom_events_daily
INSERT INTO custom_events_daily (store_id, day, name_hash, stream, is_bot, name, events)
SELECT store_id, day, text_hash('event ' || n), 'activity', is_bot, 'event ' || n, sum(sessions) / n + 1
  FROM sessions_daily
 CROSS JOIN generate_series(1, 120) AS n
 GROUP BY store_id, day, is_bot, n
 ORDER BY 2, 3;

-- name: web_vitals_daily
-- A fifth of the views is measured; the values of a page lie in at most sixty buckets.
INSERT INTO web_vitals_daily (store_id, day, metric, page_hash, is_bot, bucket, page, samples, total)
SELECT store_id, day, metric, page_hash, is_bot, 150 + n, page, views / 300 + 1, 2000 * (views / 300 + 1)
  FROM pages_daily
 CROSS JOIN unnest('{LCP,INP,CLS,FCP,TTFB}'::text[]) AS metric
 CROSS JOIN LATERAL generate_series(1, least(views / 5 + 1, 60)) AS n
 ORDER BY 2, 3, 4;

-- name: web_vitals_of_stores
INSERT INTO web_vitals_of_stores (store_id, day, metric, is_bot, bucket, samples, total)
SELECT store_id, day, metric, is_bot, bucket, sum(samples), sum(total)
  FROM web_vitals_daily
 GROUP BY store_id, day, metric, is_bot, bucket
 ORDER BY 1, 2, 3;
