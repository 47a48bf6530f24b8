-- People: everybody of the other fills, as the migration that made their table counts them.

-- name: people_of_shops
INSERT INTO people (store_id, kind, value, id, first_seen, last_seen, events, images, country, country_word,
       visitor)
SELECT store_id, 'visitor', visitor, customer_key(store_id, 'visitor', visitor), min(occurred_at),
       max(occurred_at), count(*), 0, (array_agg(country ORDER BY word DESC) FILTER (WHERE country IS NOT NULL))[1],
       max(word) FILTER (WHERE country IS NOT NULL), visitor
  FROM (SELECT store_id, coalesce(visitor_id, 's:' || session_id) COLLATE "C" AS visitor, occurred_at, country,
               lpad((extract(epoch FROM occurred_at) * 1000)::bigint::text, 15, '0') || ':' || event_id AS word
          FROM customer_activity WHERE NOT is_bot
        UNION ALL
        SELECT store_id, coalesce(visitor_id, 's:' || session_id), occurred_at, country,
               lpad((extract(epoch FROM occurred_at) * 1000)::bigint::text, 15, '0') || ':' || event_id
          FROM landing_events WHERE NOT is_bot) AS told
 GROUP BY store_id, visitor;

-- name: people_of_bots
INSERT INTO people (store_id, kind, value, id, first_seen, last_seen, events, messages, images, telegram)
SELECT store_id, 'telegram', client_id, customer_key(store_id, 'telegram', client_id), first_seen, last_seen,
       events, messages, images, client_id
  FROM bot_users;

-- name: people_named
-- Whoever is linked belongs to the one at the end, which is one step away in this fill.
INSERT INTO people (store_id, kind, value, id, owner_kind, owner_value)
SELECT store_id, kind, value, customer_key(store_id, kind, value), to_kind, to_value
  FROM identities WHERE kind <> 'order'
    ON CONFLICT DO NOTHING;

-- name: people_read
ANALYZE people;

-- name: people_figures
WITH asked AS (
    SELECT array_agg(p.store_id) AS stores, array_agg(p.kind) AS kinds, array_agg(p.value) AS values
      FROM people AS p JOIN identities AS i USING (store_id, kind, value)
     WHERE p.owner_kind IS NULL
       AND mod(hashtextextended(p.value, 0) & 1048575, %(visits)s::bigint) BETWEEN %(lower)s::bigint - 1 AND %(upper)s::bigint - 1
)
UPDATE people AS p
   SET first_seen = f.first_seen, last_seen = f.last_seen, events = f.events, messages = f.messages,
       images = f.images, country = f.country, country_word = f.country_word, telegram = f.telegram,
       visitor = f.visitor, name = f.name, email = f.email, orders = f.orders, currency = f.currency,
       spent = f.spent, spents = f.spents
  FROM asked CROSS JOIN LATERAL people_figures(asked.stores, asked.kinds, asked.values) AS f
 WHERE p.store_id = f.store_id AND p.kind = f.kind AND p.value = f.value;
