-- People, reported by several streams. Every slice that stages them runs these statements, after those of customers.

-- name: stage
CREATE TEMP TABLE stage_people (
    store_id uuid NOT NULL, kind identity_kind NOT NULL, value text COLLATE "C" NOT NULL,
    first_seen timestamptz, last_seen timestamptz, events bigint, images bigint, country text,
    country_word text COLLATE "C"
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_placed_people (
    store_id uuid NOT NULL, kind identity_kind NOT NULL, value text COLLATE "C" NOT NULL
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_asked_people (LIKE stage_placed_people) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_locked_people (
    LIKE stage_placed_people, owner_kind identity_kind, owner_value text COLLATE "C"
) ON COMMIT DELETE ROWS;

-- name: people_locks
-- People whose owner may have changed: the named ones, and everybody linked to an identity whose link moved. The
-- locks of these identities are held by now.
INSERT INTO stage_placed_people
WITH RECURSIVE moved AS (
    SELECT l.store_id, l.kind, l.value
      FROM stage_locked_identities AS l JOIN identities AS i USING (store_id, kind, value)
     WHERE l.kind <> 'order' AND (i.to_kind, i.to_value) IS DISTINCT FROM (l.to_kind, l.to_value)
     UNION
    SELECT m.store_id, i.kind, i.value
      FROM moved AS m
     CROSS JOIN LATERAL (
           SELECT i.kind, i.value FROM identities AS i
            WHERE i.store_id = m.store_id AND i.to_kind = m.kind AND i.to_value = m.value
              AND i.kind <> 'order'
           OFFSET 0) AS i
)
SELECT * FROM moved
 UNION
SELECT store_id, kind, value FROM stage_locked_identities WHERE kind <> 'order';
SELECT FROM lock_people();

-- name: people_owners
WITH RECURSIVE above AS (
    SELECT store_id, kind, value, kind AS owner_kind, value AS owner_value FROM stage_placed_people
     UNION ALL
    SELECT a.store_id, a.kind, a.value, i.to_kind, i.to_value
      FROM above AS a
      JOIN identities AS i
        ON i.store_id = a.store_id AND i.kind = a.owner_kind AND i.value = a.owner_value
     WHERE i.to_kind IS NOT NULL
), owner AS (
    SELECT DISTINCT ON (store_id, kind, value) store_id, kind, value,
           CASE WHEN owner_kind > kind THEN owner_kind END AS owner_kind,
           CASE WHEN owner_kind > kind THEN owner_value END AS owner_value
      FROM above ORDER BY store_id, kind, value, above.owner_kind DESC
)
UPDATE people AS p SET owner_kind = o.owner_kind, owner_value = o.owner_value
  FROM owner AS o
 WHERE p.store_id = o.store_id AND p.kind = o.kind AND p.value = o.value
   AND (p.owner_kind, p.owner_value) IS DISTINCT FROM (o.owner_kind, o.owner_value);

-- name: people
-- Recomputed from all rows, which are locked by now. A visitor that was only seen has its figures already.
WITH touched AS (
    SELECT store_id, kind, value FROM stage_locked_people WHERE kind <> 'visitor'
     UNION
    SELECT store_id, kind, value FROM stage_placed_people
), made AS (
    SELECT f.*
      FROM (SELECT array_agg(p.store_id) AS stores, array_agg(p.kind) AS kinds, array_agg(p.value) AS values
              FROM touched AS t
              JOIN people AS p USING (store_id, kind, value)
             WHERE p.owner_kind IS NULL) AS asked
     CROSS JOIN LATERAL people_figures(asked.stores, asked.kinds, asked.values) AS f
)
UPDATE people AS p
   SET first_seen = m.first_seen, last_seen = m.last_seen, events = m.events, messages = m.messages,
       images = m.images, country = m.country, country_word = m.country_word, telegram = m.telegram,
       visitor = m.visitor, name = m.name, email = m.email, orders = m.orders, currency = m.currency,
       spent = m.spent, spents = m.spents
  FROM made AS m
 WHERE p.store_id = m.store_id AND p.kind = m.kind AND p.value = m.value;
