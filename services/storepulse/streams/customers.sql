-- Customers, reported by several streams. Every slice that stages identities runs these statements, after those of
-- orders: a change of an order changes its customer.

-- name: stage
CREATE TEMP TABLE stage_identities (LIKE identities, is_customer boolean NOT NULL) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_identity_links (LIKE identity_links) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_locked_identities (
    store_id uuid, kind identity_kind, value text COLLATE "C", to_kind identity_kind,
    to_value text COLLATE "C"
) ON COMMIT DELETE ROWS;

-- name: identities
-- All rows that are read or written here are locked first, with those of touched_orders, whose customers change with
-- them. Nothing after that waits for a lock. Each column takes the least or the greatest value, so that events may
-- arrive in any order and repeatedly.
SELECT FROM lock_identities();
UPDATE identities AS t
   SET to_kind = CASE WHEN s.link_word > coalesce(t.link_word, '') THEN s.to_kind ELSE t.to_kind END,
       to_value = CASE WHEN s.link_word > coalesce(t.link_word, '') THEN s.to_value ELSE t.to_value END,
       link_word = greatest(t.link_word, s.link_word),
       first_seen = least(t.first_seen, s.first_seen),
       last_seen = greatest(t.last_seen, s.last_seen),
       email = coalesce(t.email, s.email),
       first_name = CASE WHEN s.name_word > coalesce(t.name_word, '')
           THEN s.first_name ELSE t.first_name END,
       last_name = CASE WHEN s.name_word > coalesce(t.name_word, '')
           THEN s.last_name ELSE t.last_name END,
       name_word = greatest(t.name_word, s.name_word),
       campaign_id = CASE WHEN s.campaign_word > coalesce(t.campaign_word, '')
           THEN s.campaign_id ELSE t.campaign_id END,
       tracking_id = CASE WHEN s.campaign_word > coalesce(t.campaign_word, '')
           THEN s.tracking_id ELSE t.tracking_id END,
       campaign_word = greatest(t.campaign_word, s.campaign_word)
  FROM stage_identities AS s
 WHERE t.store_id = s.store_id AND t.kind = s.kind AND t.value = s.value;
-- The customers that lost an identity and those that got it, before and after. An identity whose own link moved
-- belongs to another customer now, and so do all identities linked to it.
WITH RECURSIVE moved AS (
    SELECT l.store_id, l.kind, l.value
      FROM stage_locked_identities AS l JOIN identities AS i USING (store_id, kind, value)
     WHERE l.kind > 'visitor' AND (i.to_kind, i.to_value) IS DISTINCT FROM (l.to_kind, l.to_value)
     UNION
    SELECT m.store_id, i.kind, i.value
      FROM moved AS m
     CROSS JOIN LATERAL (
           SELECT i.kind, i.value FROM identities AS i
            WHERE i.store_id = m.store_id AND i.to_kind = m.kind AND i.to_value = m.value
              AND i.kind > 'visitor'
           OFFSET 0) AS i
), changed AS (
    SELECT store_id, kind, value FROM moved
     UNION
    SELECT store_id, kind, value FROM stage_locked_identities
     WHERE to_kind IS NULL AND kind > 'visitor'
)
UPDATE customers AS c SET updated_at = now()
  FROM changed AS l
 WHERE c.updated_at < now()
   AND c.store_id = l.store_id AND c.id = customer_key(l.store_id, l.kind, l.value);
WITH made AS (
    INSERT INTO customers (store_id, id, kind, value)
    SELECT store_id, customer_key(store_id, kind, value), kind, value
      FROM stage_identities WHERE is_customer
        ON CONFLICT DO NOTHING
    RETURNING store_id
)
INSERT INTO customer_counts AS t
SELECT store_id, mod(pg_backend_pid(), 16), count(*) FROM made GROUP BY 1, 2 ORDER BY 1, 2
ON CONFLICT (store_id, shard) DO UPDATE SET customers = t.customers + EXCLUDED.customers;

-- name: identity_links
-- The lock of an identity's row covers its links as well.
INSERT INTO identity_links AS t
SELECT * FROM stage_identity_links ORDER BY store_id, kind, value, to_kind, to_value
ON CONFLICT (store_id, kind, value, to_kind, to_value) DO UPDATE
   SET word = EXCLUDED.word, told_at = EXCLUDED.told_at
 WHERE EXCLUDED.word > t.word;
