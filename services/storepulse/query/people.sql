-- People of a store. The planner removes conditions on null parameters.
--
-- The order by last event uses an index on days. For other orders, the people of the period are scanned and the
-- first ones kept: an index on a column that changes with each event would be written with each event.

-- fragment: listed
p.store_id = %(store_id)s AND p.owner_kind IS NULL AND p.last_day IS NOT NULL
   AND p.last_day >= coalesce((%(start)s::timestamptz AT TIME ZONE 'UTC')::date, '-infinity')
   AND p.last_day <= coalesce((%(end)s::timestamptz AT TIME ZONE 'UTC')::date, 'infinity')
   AND p.last_seen >= coalesce(%(start)s::timestamptz, '-infinity')
   AND p.last_seen < coalesce(%(end)s::timestamptz, 'infinity')
   AND (%(kind)s = 'all' OR %(kind)s = 'bot' AND p.telegram IS NOT NULL
        OR %(kind)s = 'shop' AND (p.telegram IS NULL OR p.visitor IS NOT NULL))
   AND (%(bought)s::boolean IS NULL OR (p.orders > 0) = %(bought)s)
   AND (%(country)s::text IS NULL OR p.country = %(country)s)

-- fragment: columns
p.id, p.kind::text, p.value, p.name, p.email, p.telegram, p.visitor, p.country, p.first_seen, p.last_seen, p.events,
       p.messages, p.images, p.orders, p.currency, p.spent, p.spents

-- fragment: by_name
coalesce(nullif(lower(coalesce(p.name, p.email)), ''), chr(1114111)) COLLATE "C"

-- fragment: found
-- People whose ids, names, addresses or orders begin with the text. Of each kind, a limited number is searched for.
WITH hit AS MATERIALIZED (
    (SELECT kind, value FROM people
      WHERE store_id = %(store_id)s AND kind = 'visitor' AND value >= %(text)s AND value < %(text_end)s
      ORDER BY value LIMIT %(most_found)s + 1)
    UNION ALL
    (SELECT kind, value FROM people
      WHERE store_id = %(store_id)s AND kind = 'telegram' AND value >= %(text)s AND value < %(text_end)s
      ORDER BY value LIMIT %(most_found)s + 1)
    UNION ALL
    (SELECT kind, value FROM people
      WHERE store_id = %(store_id)s AND kind = 'tracking' AND value >= %(text)s AND value < %(text_end)s
      ORDER BY value LIMIT %(most_found)s + 1)
    UNION ALL
    (SELECT kind, value FROM people
      WHERE store_id = %(store_id)s AND kind = 'customer' AND value >= %(text)s AND value < %(text_end)s
      ORDER BY value LIMIT %(most_found)s + 1)
    UNION ALL
    (SELECT kind, value FROM identities
      WHERE store_id = %(store_id)s AND email IS NOT NULL
        AND email COLLATE "C" >= lower(%(text)s) AND email COLLATE "C" < lower(%(text)s) || chr(1114111)
      ORDER BY email COLLATE "C" LIMIT %(most_found)s + 1)
    UNION ALL
    (SELECT kind, value FROM identities
      WHERE store_id = %(store_id)s AND first_name IS NOT NULL
        AND left(lower(first_name), 64) COLLATE "C" >= left(lower(%(word)s), 64)
        AND left(lower(first_name), 64) COLLATE "C" < left(lower(%(word)s), 63) || chr(1114111)
        AND starts_with(lower(concat_ws(' ', first_name, last_name)), lower(%(text)s))
      LIMIT %(most_found)s + 1)
    UNION ALL
    (SELECT kind, value FROM identities
      WHERE store_id = %(store_id)s AND last_name IS NOT NULL
        AND left(lower(last_name), 64) COLLATE "C" >= left(lower(%(text)s), 64)
        AND left(lower(last_name), 64) COLLATE "C" < left(lower(%(text)s), 63) || chr(1114111)
        AND starts_with(lower(last_name), lower(%(text)s))
      LIMIT %(most_found)s + 1)
    UNION ALL
    (SELECT to_kind, to_value FROM identities
      WHERE store_id = %(store_id)s AND kind = 'order' AND value >= %(number)s AND value < %(number_end)s
        AND to_kind IS NOT NULL
      ORDER BY value LIMIT %(most_found)s + 1)
), owner AS MATERIALIZED (
    SELECT DISTINCT coalesce(m.owner_kind, m.kind) AS kind, coalesce(m.owner_value, m.value) AS value
      FROM (SELECT DISTINCT kind, value FROM hit) AS h
     CROSS JOIN LATERAL (
           SELECT m.* FROM people AS m
            WHERE m.store_id = %(store_id)s AND m.kind = h.kind AND m.value = h.value
           OFFSET 0) AS m
)

-- fragment: owned
owner CROSS JOIN LATERAL (
           SELECT p.* FROM people AS p
            WHERE p.store_id = %(store_id)s AND p.kind = owner.kind AND p.value = owner.value
           OFFSET 0) AS p

-- name: last_seen_least_first
SELECT {columns} FROM people AS p
 WHERE {listed}
   AND p.last_day >= coalesce((%(after)s::timestamptz AT TIME ZONE 'UTC')::date, '-infinity')
   AND (%(after_id)s::uuid IS NULL OR (p.last_seen, p.id) > (%(after)s::timestamptz, %(after_id)s::uuid))
 ORDER BY p.last_day, p.last_seen, p.id
 LIMIT %(count)s;

-- name: last_seen_greatest_first
SELECT {columns} FROM people AS p
 WHERE {listed}
   AND p.last_day <= coalesce((%(after)s::timestamptz AT TIME ZONE 'UTC')::date, 'infinity')
   AND (%(after_id)s::uuid IS NULL OR (p.last_seen, p.id) < (%(after)s::timestamptz, %(after_id)s::uuid))
 ORDER BY p.last_day DESC, p.last_seen DESC, p.id DESC
 LIMIT %(count)s;

-- name: least_first
SELECT {columns} FROM people AS p
 WHERE {listed}
   AND (%(after_id)s::uuid IS NULL OR (p.{sort}, p.id) > (%(after)s, %(after_id)s::uuid))
 ORDER BY p.{sort}, p.id
 LIMIT %(count)s;

-- name: greatest_first
SELECT {columns} FROM people AS p
 WHERE {listed}
   AND (%(after_id)s::uuid IS NULL OR (p.{sort}, p.id) < (%(after)s, %(after_id)s::uuid))
 ORDER BY p.{sort} DESC, p.id DESC
 LIMIT %(count)s;

-- name: name_least_first
SELECT {columns}, {by_name} AS name_key FROM people AS p
 WHERE {listed}
   AND (%(after_id)s::uuid IS NULL OR ({by_name}, p.id) > (%(after)s, %(after_id)s::uuid))
 ORDER BY {by_name}, p.id
 LIMIT %(count)s;

-- name: name_greatest_first
SELECT {columns}, {by_name} AS name_key FROM people AS p
 WHERE {listed}
   AND (%(after_id)s::uuid IS NULL OR ({by_name}, p.id) < (%(after)s, %(after_id)s::uuid))
 ORDER BY {by_name} DESC, p.id DESC
 LIMIT %(count)s;

-- name: name_key
SELECT {by_name} AS name_key FROM people AS p WHERE p.store_id = %(store_id)s AND p.id = %(id)s;

-- name: count_people
SELECT count(*) AS listed FROM (SELECT FROM people AS p WHERE {listed} LIMIT %(most)s) AS found;

-- name: search_people
-- All matches: they are few, and the caller sorts them and cuts out a page.
{found}
SELECT {columns}, {by_name} AS name_key,
       (SELECT coalesce(max(found), 0) FROM (SELECT count(*) AS found FROM hit GROUP BY kind) AS of_kind)
           > %(most_found)s AS is_cut
  FROM {owned}
 WHERE {listed};

-- name: person
-- The person, or the owner of the requested identity.
SELECT {columns}, p.owner_kind::text
  FROM people AS p
  JOIN (SELECT coalesce(owner_kind, kind) AS kind, coalesce(owner_value, value) AS value
          FROM people
         WHERE store_id = %(store_id)s
           AND (%(id)s::uuid IS NULL OR id = %(id)s)
           AND (%(kind)s::identity_kind IS NULL OR kind = %(kind)s AND value = %(value)s)
         LIMIT 1) AS asked ON p.kind = asked.kind AND p.value = asked.value
 WHERE p.store_id = %(store_id)s;

-- name: owned_identities
-- All identities of a person: itself first, then the most recently seen.
SELECT kind::text, value, last_seen, told_by
  FROM (SELECT p.kind, p.value, p.last_seen, 'self' AS told_by FROM people AS p
         WHERE p.store_id = %(store_id)s AND p.kind = %(kind)s::identity_kind AND p.value = %(value)s
        UNION ALL
        SELECT p.kind, p.value, p.last_seen, i.to_kind::text
          FROM people AS p
          LEFT JOIN identities AS i
            ON i.store_id = p.store_id AND i.kind = p.kind AND i.value = p.value
         WHERE p.store_id = %(store_id)s AND p.owner_kind = %(kind)s::identity_kind
           AND p.owner_value = %(value)s) AS owned
 ORDER BY told_by = 'self' DESC, last_seen DESC NULLS LAST, kind DESC, value
 LIMIT %(count)s;

-- name: conflicts
-- Links that were overruled by a greater word, from or to identities of the person.
WITH held AS MATERIALIZED (
    SELECT %(kind)s::identity_kind AS kind, %(value)s::text COLLATE "C" AS value
    UNION ALL
    SELECT kind, value FROM people
     WHERE store_id = %(store_id)s AND owner_kind = %(kind)s::identity_kind AND owner_value = %(value)s
     LIMIT 1000
)
SELECT DISTINCT l.kind::text, l.value, l.to_kind::text, l.to_value, l.told_at
  FROM (SELECT l.* FROM held AS h
          JOIN identity_links AS l
            ON l.store_id = %(store_id)s AND l.kind = h.kind AND l.value = h.value
         WHERE NOT EXISTS (SELECT FROM held AS t WHERE t.kind = l.to_kind AND t.value = l.to_value)
        UNION ALL
        SELECT l.* FROM held AS h
          JOIN identity_links AS l
            ON l.store_id = %(store_id)s AND l.to_kind = h.kind AND l.to_value = h.value
         WHERE NOT EXISTS (SELECT FROM held AS t WHERE t.kind = l.kind AND t.value = l.value)) AS l
  JOIN identities AS i ON i.store_id = l.store_id AND i.kind = l.kind AND i.value = l.value
 WHERE (i.to_kind, i.to_value) IS DISTINCT FROM (l.to_kind, l.to_value)
 ORDER BY l.told_at DESC, l.value
 LIMIT %(count)s;
