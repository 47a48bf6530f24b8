-- Stores that are known only from events.

-- name: undeclared
-- Skips from one stream and store to the next, without scanning the hours between them.
WITH RECURSIVE pairs AS (
    (SELECT stream, store_id FROM ledger_counts ORDER BY stream, store_id LIMIT 1)
     UNION ALL
    SELECT n.stream, n.store_id
      FROM pairs AS p
     CROSS JOIN LATERAL (
           SELECT c.stream, c.store_id FROM ledger_counts AS c
            WHERE (c.stream, c.store_id) > (p.stream, p.store_id)
            ORDER BY c.stream, c.store_id LIMIT 1) AS n
), seen AS (
    SELECT stream, store_id FROM pairs LIMIT %(pairs)s
)
SELECT DISTINCT seen.store_id
  FROM seen
 WHERE seen.store_id <> '00000000-0000-0000-0000-000000000000'
   AND NOT EXISTS (SELECT FROM stores AS s WHERE s.store_id = seen.store_id)
   AND EXISTS (SELECT FROM ledger_counts AS c
                WHERE c.stream = seen.stream AND c.store_id = seen.store_id AND c.applied > 0)
 ORDER BY seen.store_id
 LIMIT %(count)s;
