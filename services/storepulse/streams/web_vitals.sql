-- Web vitals by page and day, and by store and day, from activity and landing pages.

-- name: stage
CREATE TEMP TABLE stage_web_vitals_daily (
    store_id uuid, day date, page text, metric text, is_bot boolean, bucket smallint, samples bigint,
    total numeric
) ON COMMIT DELETE ROWS;

-- name: web_vitals_daily
INSERT INTO web_vitals_daily AS t (store_id, day, metric, page_hash, is_bot, bucket, page, samples, total)
SELECT store_id, day, metric, text_hash(page), is_bot, bucket, page, samples, total
  FROM stage_web_vitals_daily
 ORDER BY store_id, day, metric, text_hash(page), is_bot, bucket
ON CONFLICT (store_id, day, metric, page_hash, is_bot, bucket) DO UPDATE
   SET samples = t.samples + EXCLUDED.samples, total = t.total + EXCLUDED.total;

-- name: web_vitals_of_stores
INSERT INTO web_vitals_of_stores AS t (store_id, day, metric, is_bot, bucket, samples, total)
SELECT store_id, day, metric, is_bot, bucket, sum(samples)::bigint, sum(total)
  FROM stage_web_vitals_daily
 GROUP BY store_id, day, metric, is_bot, bucket
 ORDER BY store_id, day, metric, is_bot, bucket
ON CONFLICT (store_id, day, metric, is_bot, bucket) DO UPDATE
   SET samples = t.samples + EXCLUDED.samples, total = t.total + EXCLUDED.total;
