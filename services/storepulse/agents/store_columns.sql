-- What reducers know of the stores of a slice.

-- name: stores
-- Only stores of which there is something to know.
SELECT store_id::text, domain,
       CASE WHEN settings ? 'page_patterns' THEN (
           SELECT string_agg(pattern, E'\n' ORDER BY place)
             FROM jsonb_array_elements_text(settings -> 'page_patterns')
                  WITH ORDINALITY AS listed (pattern, place)) END AS page_patterns,
       has_zones
  FROM stores AS s
 CROSS JOIN LATERAL (
       SELECT EXISTS (SELECT FROM store_time_zones AS z WHERE z.store_id = s.store_id) AS has_zones
       ) AS zones
 WHERE store_id = ANY(%(store_ids)s::uuid[])
   AND (domain IS NOT NULL OR settings ? 'page_patterns' OR has_zones);
