-- What reducers read about the stores of a slice.

-- name: stores
-- Only stores with any of these values. Stores with the same `zones` have the same days.
SELECT store_id::text, domain,
       CASE WHEN settings ? 'page_patterns' THEN (
           SELECT string_agg(pattern, E'\n' ORDER BY place)
             FROM jsonb_array_elements_text(settings -> 'page_patterns')
                  WITH ORDINALITY AS listed (pattern, place)) END AS page_patterns,
       zones, sources
  FROM stores AS s
  LEFT JOIN (
       SELECT store_id, string_agg(from_day || ' ' || zone, ',' ORDER BY from_day) AS zones
         FROM store_time_zones
        WHERE store_id = ANY(%(store_ids)s::uuid[])
        GROUP BY store_id) AS zoned USING (store_id)
  LEFT JOIN (
       SELECT store_id, array_agg(source) AS sources
         FROM ab_sources
        WHERE store_id = ANY(%(store_ids)s::uuid[]) AND until > now()
        GROUP BY store_id) AS measured USING (store_id)
 WHERE store_id = ANY(%(store_ids)s::uuid[])
   AND (domain IS NOT NULL OR settings ? 'page_patterns' OR zones IS NOT NULL OR sources IS NOT NULL);
