-- What reducers know of the stores of a slice.

-- name: stores
-- Only stores of which there is something to know.
SELECT store_id::text, domain,
       (SELECT string_agg(pattern, E'\n' ORDER BY place)
          FROM jsonb_array_elements_text(settings -> 'page_patterns')
               WITH ORDINALITY AS listed (pattern, place)) AS page_patterns
  FROM stores
 WHERE store_id = ANY(%(store_ids)s::uuid[])
   AND (domain IS NOT NULL OR settings ? 'page_patterns');
