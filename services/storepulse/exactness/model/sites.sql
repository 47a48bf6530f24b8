-- Statements of sites.py.

-- name: sites
SELECT store_id::text, domain,
       ARRAY(SELECT pattern
               FROM jsonb_array_elements_text(settings -> 'page_patterns')
                    WITH ORDINALITY AS listed (pattern, place)
              ORDER BY place) AS page_patterns
  FROM stores
 WHERE domain IS NOT NULL OR settings ? 'page_patterns';
