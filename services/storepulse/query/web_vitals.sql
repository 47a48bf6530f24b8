-- Web vitals of a store's days: counts by bucket; `domain.web_vitals` has the bounds. A percentile is
-- given by its bucket, the samples in the bucket and the rank among them.

-- fragment: of_days
store_id = %(store_id)s
   AND day >= coalesce(%(first_day)s::date, '-infinity')
   AND day < coalesce(%(end_day)s::date, 'infinity')
   AND metric = ANY (%(metrics)s::text[])
   AND (%(include_bots)s OR NOT is_bot)

-- fragment: of_page_or_store
(SELECT metric, day, bucket, samples, total
               FROM web_vitals_of_stores WHERE %(page)s::text IS NULL AND {of_days}
             UNION ALL
             SELECT metric, day, bucket, samples, total
               FROM web_vitals_daily WHERE page_hash = text_hash(%(page)s) AND {of_days}) AS counted

-- name: histograms
SELECT metric, bucket, sum(samples)::bigint AS samples, sum(total) AS total
  FROM {of_page_or_store}
 GROUP BY metric, bucket
 ORDER BY metric, bucket;

-- name: days
-- The 75th percentile of each day.
WITH counted AS (
    SELECT metric, day, bucket, sum(samples)::bigint AS in_bucket
      FROM {of_page_or_store}
     GROUP BY metric, day, bucket
), ranked AS (
    SELECT *, (sum(in_bucket) OVER (PARTITION BY metric, day ORDER BY bucket))::bigint AS up_to,
           (sum(in_bucket) OVER (PARTITION BY metric, day))::bigint AS samples
      FROM counted
)
SELECT metric, day, samples, bucket, in_bucket,
       (ceil(0.75 * samples) - up_to + in_bucket)::bigint AS rank_in_bucket
  FROM ranked
 WHERE ceil(0.75 * samples) > up_to - in_bucket AND ceil(0.75 * samples) <= up_to
 ORDER BY metric, day;

-- name: list_pages
-- The 75th percentile of each page, and the samples of each rating; parameters are the last buckets of
-- the ratings.
WITH counted AS (
    SELECT page, bucket, sum(samples)::bigint AS in_bucket
      FROM web_vitals_daily
     WHERE {of_days}
     GROUP BY page, bucket
), ranked AS (
    SELECT *, (sum(in_bucket) OVER (PARTITION BY page ORDER BY bucket))::bigint AS up_to,
           (sum(in_bucket) OVER (PARTITION BY page))::bigint AS samples,
           (sum(in_bucket) FILTER (WHERE bucket <= %(good)s) OVER (PARTITION BY page))::bigint AS good,
           (sum(in_bucket) FILTER (WHERE bucket > %(poor)s) OVER (PARTITION BY page))::bigint AS poor
      FROM counted
)
SELECT page, samples, bucket, in_bucket, coalesce(good, 0) AS good, coalesce(poor, 0) AS poor,
       (ceil(0.75 * samples) - up_to + in_bucket)::bigint AS rank_in_bucket,
       count(*) OVER () AS listed
  FROM ranked
 WHERE ceil(0.75 * samples) > up_to - in_bucket AND ceil(0.75 * samples) <= up_to
   AND samples >= %(least_samples)s
 ORDER BY CASE WHEN %(sort)s = 'p75' THEN bucket END DESC, samples DESC, page COLLATE "C"
 LIMIT %(count)s;
