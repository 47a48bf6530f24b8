-- People: whoever visited the shop, chats with its bot, or is a customer, in one list.

-- One row for each identity that was seen or named, orders aside. What belongs to a stronger identity
-- says to whom in the end, in owner_kind and owner_value; a row without an owner is a person, and its figures
-- are those of everything that it owns. Figures of a row that has an owner are read for a visitor alone,
-- whose counts are its own.
CREATE TABLE people (
    store_id     uuid NOT NULL,
    kind         identity_kind NOT NULL,
    value        text COLLATE "C" NOT NULL,
    id           uuid NOT NULL,
    owner_kind   identity_kind,
    owner_value  text COLLATE "C",
    first_seen   timestamptz,
    last_seen    timestamptz,
    last_day     date GENERATED ALWAYS AS ((last_seen AT TIME ZONE 'UTC')::date) STORED,
    events       bigint NOT NULL DEFAULT 0,
    messages     bigint NOT NULL DEFAULT 0,
    images       bigint NOT NULL DEFAULT 0,
    country      text,
    country_word text COLLATE "C",
    telegram     text COLLATE "C",
    visitor      text COLLATE "C",
    name         text,
    email        text,
    orders       bigint NOT NULL DEFAULT 0,
    currency     text,
    spent        numeric NOT NULL DEFAULT 0,
    spents       jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (store_id, kind, value),
    CHECK (owner_kind > kind)
) WITH (fillfactor = 75);
-- By day and not by the moment: whoever is there all day changes no index until the next one.
CREATE INDEX people_last_day ON people (store_id, last_day) WHERE owner_kind IS NULL;
CREATE INDEX people_owned ON people (store_id, owner_kind, owner_value) WHERE owner_kind IS NOT NULL;
CREATE INDEX people_id ON people (store_id, id);
COMMENT ON COLUMN people.value IS 'As in identities; of a visitor without an id s: and the session, of a group its chat';
COMMENT ON COLUMN people.id IS 'customer_key() of the others; a customer has the same';
COMMENT ON COLUMN people.last_day IS 'Of UTC';
COMMENT ON COLUMN people.events IS 'Of activity and landing pages, and of the bot; robots and derived events left out';
COMMENT ON COLUMN people.images IS 'Events that told of a generated image';
COMMENT ON COLUMN people.country IS 'Of the last event of a visitor that names one';
COMMENT ON COLUMN people.telegram IS 'The person''s chat; visitor is the one seen last';
COMMENT ON COLUMN people.spent IS 'In currency, that of most of the paid orders; spents has each';

-- For a search by the beginnings of what people are called.
CREATE INDEX identities_email ON identities (store_id, email COLLATE "C") WHERE email IS NOT NULL;
CREATE INDEX identities_first_name ON identities (store_id, left(lower(first_name), 64) COLLATE "C")
    WHERE first_name IS NOT NULL;
CREATE INDEX identities_last_name ON identities (store_id, left(lower(last_name), 64) COLLATE "C")
    WHERE last_name IS NOT NULL;

-- For what one visitor did; by a hash, as those of activity are.
CREATE INDEX landing_events_visitor ON landing_events
       (hashtextextended(visitor_id, uuid_hash_extended(store_id, 0)), occurred_at)
    WHERE visitor_id IS NOT NULL;
CREATE INDEX cart_tracking_events_visitor ON cart_tracking_events
       (hashtextextended(visitor_id, uuid_hash_extended(store_id, 0)), occurred_at)
    WHERE visitor_id IS NOT NULL;

-- What a person's figures are made of: everything that it owns, the orders of that, and chats. A function
-- of rows, so that it does not matter what came when.
CREATE FUNCTION person_figures(
    asked_store uuid, asked_kind identity_kind, asked_value text,
    OUT first_seen timestamptz, OUT last_seen timestamptz, OUT events bigint, OUT messages bigint,
    OUT images bigint, OUT country text, OUT country_word text, OUT telegram text, OUT visitor text,
    OUT name text, OUT email text, OUT orders bigint, OUT currency text, OUT spent numeric, OUT spents jsonb)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH held AS MATERIALIZED (
        SELECT p.kind, p.value, p.first_seen, p.last_seen, p.events, p.images, p.country, p.country_word
          FROM people AS p
         WHERE p.store_id = asked_store AND p.kind = asked_kind AND p.value = asked_value COLLATE "C"
        UNION ALL
        SELECT p.kind, p.value, p.first_seen, p.last_seen, p.events, p.images, p.country, p.country_word
          FROM people AS p
         WHERE p.store_id = asked_store AND p.owner_kind = asked_kind
           AND p.owner_value = asked_value COLLATE "C"
    ), told AS MATERIALIZED (
        SELECT i.*
          FROM held AS h
         CROSS JOIN LATERAL (
               SELECT i.* FROM identities AS i
                WHERE i.store_id = asked_store AND i.kind = h.kind AND i.value = h.value
               OFFSET 0) AS i
    ), chats AS (
        SELECT b.*
          FROM held AS h
         CROSS JOIN LATERAL (
               SELECT b.* FROM bot_users AS b
                WHERE b.store_id = asked_store AND b.client_id = h.value
               OFFSET 0) AS b
         WHERE h.kind = 'telegram'
    ), sold AS (
        SELECT coalesce(o.currency, '') AS currency, o.amount - o.refunded AS net
          FROM told AS h
         CROSS JOIN LATERAL (
               SELECT i.value, i.link_word FROM identities AS i
                WHERE i.store_id = asked_store AND i.to_kind = h.kind AND i.to_value = h.value
                  AND i.kind = 'order'
               OFFSET 0) AS named
         CROSS JOIN LATERAL (
               SELECT o.order_id, o.currency, o.amount, o.refunded
                 FROM order_tellings AS t JOIN orders AS o USING (store_id, order_id)
                WHERE t.store_id = asked_store AND t.number = named.value COLLATE "default"
                  AND o.status IN ('paid', 'refunded') AND NOT o.is_bot
               OFFSET 0) AS o
         CROSS JOIN LATERAL (
               SELECT max(i.link_word) AS link_word
                 FROM order_tellings AS t
                CROSS JOIN LATERAL (
                      SELECT i.link_word FROM identities AS i
                       WHERE i.store_id = asked_store AND i.kind = 'order'
                         AND i.value = t.number COLLATE "C"
                      OFFSET 0) AS i
                WHERE t.store_id = asked_store AND t.order_id = o.order_id) AS greatest
         WHERE named.link_word = greatest.link_word
    ), sums AS (
        SELECT s.currency, count(*) AS orders, coalesce(sum(s.net), 0) AS total
          FROM sold AS s GROUP BY s.currency
    ), main AS (
        SELECT s.currency, s.total FROM sums AS s
         WHERE s.currency <> '' ORDER BY s.orders DESC, s.currency COLLATE "C" LIMIT 1
    ), named AS (
        SELECT nullif(concat_ws(' ', t.first_name, t.last_name), '') AS name FROM told AS t
         WHERE t.name_word IS NOT NULL ORDER BY t.name_word DESC LIMIT 1
    ), of_shop AS (
        SELECT min(h.first_seen) AS first_seen, max(h.last_seen) AS last_seen,
               coalesce(sum(h.events), 0) AS events, coalesce(sum(h.images), 0) AS images,
               (array_agg(h.country ORDER BY h.country_word DESC NULLS LAST))[1] AS country,
               max(h.country_word) AS country_word,
               (array_agg(h.value ORDER BY greatest(h.last_seen, t.last_seen) DESC NULLS LAST, h.value DESC))[1]
                   AS visitor
          FROM held AS h LEFT JOIN told AS t USING (kind, value) WHERE kind = 'visitor'
    ), of_bot AS (
        SELECT min(c.first_seen) AS first_seen, max(c.last_seen) AS last_seen,
               coalesce(sum(c.events), 0) AS events, coalesce(sum(c.messages), 0) AS messages,
               coalesce(sum(c.images), 0) AS images
          FROM chats AS c
    ), by_name AS (
        SELECT min(t.first_seen) AS first_seen, max(t.last_seen) AS last_seen,
               (array_agg(t.email ORDER BY t.link_word DESC NULLS FIRST)
                    FILTER (WHERE t.kind = 'email'))[1] AS email
          FROM told AS t
    )
    SELECT least(s.first_seen, b.first_seen, n.first_seen),
           greatest(s.last_seen, b.last_seen, n.last_seen),
           (s.events + b.events)::bigint, b.messages::bigint, (s.images + b.images)::bigint,
           s.country, s.country_word,
           (SELECT h.value FROM held AS h LEFT JOIN told AS t USING (kind, value)
             WHERE h.kind = 'telegram' ORDER BY t.link_word DESC NULLS FIRST, h.value DESC LIMIT 1),
           s.visitor, (SELECT o.name FROM named AS o), n.email,
           coalesce((SELECT sum(e.orders) FROM sums AS e), 0)::bigint,
           (SELECT m.currency FROM main AS m), coalesce((SELECT m.total FROM main AS m), 0),
           coalesce((SELECT jsonb_agg(jsonb_build_object('currency', e.currency, 'orders', e.orders,
                                                         'total_spent', e.total::numeric(38, 4)::text)
                                      ORDER BY e.orders DESC, e.currency COLLATE "C") FROM sums AS e), '[]')
      FROM of_shop AS s CROSS JOIN of_bot AS b CROSS JOIN by_name AS n;
END;

-- Makes and locks the people whom a slice tells of: those in stage_people, those in stage_placed_people, and
-- whom these belong to. One kind after the other, the weakest first, each in order of value; an owner is of a
-- stronger kind than what belongs to it, so nobody waits in a circle. Whoever has locks of identities
-- took them before. What stage_people counts of visitors is added at once: a row is written once.
-- stage_locked_people takes the rows as they then are.
CREATE FUNCTION lock_people() RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    each identity_kind;
BEGIN
    WITH written AS (
        INSERT INTO people AS t (store_id, kind, value, id, first_seen, last_seen, events, images, country,
                                 country_word, visitor)
        SELECT s.store_id, 'visitor', s.value, customer_key(s.store_id, 'visitor', s.value), min(s.first_seen),
               max(s.last_seen), sum(s.events), sum(s.images),
               (array_agg(s.country ORDER BY s.country_word DESC NULLS LAST))[1], max(s.country_word), s.value
          FROM (SELECT p.store_id, p.value, p.first_seen, p.last_seen, p.events, p.images, p.country,
                       p.country_word
                  FROM stage_people AS p WHERE p.kind = 'visitor'
                UNION ALL
                SELECT p.store_id, p.value, NULL, NULL, 0, 0, NULL, NULL
                  FROM stage_placed_people AS p WHERE p.kind = 'visitor') AS s
         GROUP BY s.store_id, s.value
         ORDER BY s.store_id, s.value
        ON CONFLICT (store_id, kind, value) DO UPDATE
           SET first_seen = least(t.first_seen, EXCLUDED.first_seen),
               last_seen = greatest(t.last_seen, EXCLUDED.last_seen),
               events = t.events + EXCLUDED.events,
               images = t.images + EXCLUDED.images,
               country = CASE WHEN EXCLUDED.country_word > coalesce(t.country_word, '')
                   THEN EXCLUDED.country ELSE t.country END,
               country_word = greatest(t.country_word, EXCLUDED.country_word)
        RETURNING t.store_id, t.kind, t.value, t.owner_kind, t.owner_value
    )
    INSERT INTO stage_locked_people SELECT * FROM written;
    IF NOT EXISTS (SELECT FROM stage_placed_people)
       AND NOT EXISTS (SELECT FROM stage_locked_people WHERE owner_kind IS NOT NULL)
       AND NOT EXISTS (SELECT FROM stage_people WHERE kind <> 'visitor') THEN
        RETURN;
    END IF;
    FOREACH each IN ARRAY enum_range('tracking'::identity_kind, NULL) LOOP
        INSERT INTO stage_asked_people
        SELECT p.store_id, p.kind, p.value FROM stage_people AS p WHERE p.kind = each
         UNION
        SELECT p.store_id, p.kind, p.value FROM stage_placed_people AS p WHERE p.kind = each
         UNION
        SELECT l.store_id, l.owner_kind, l.owner_value FROM stage_locked_people AS l WHERE l.owner_kind = each;
        INSERT INTO people (store_id, kind, value, id)
        SELECT a.store_id, a.kind, a.value, customer_key(a.store_id, a.kind, a.value)
          FROM stage_asked_people AS a WHERE a.kind = each
         ORDER BY a.store_id, a.value
            ON CONFLICT DO NOTHING;
        INSERT INTO stage_locked_people
        SELECT p.store_id, p.kind, p.value, p.owner_kind, p.owner_value
          FROM stage_asked_people AS a
          JOIN people AS p ON p.store_id = a.store_id AND p.kind = a.kind AND p.value = a.value
         WHERE a.kind = each
         ORDER BY p.store_id, p.value
           FOR NO KEY UPDATE OF p;
    END LOOP;
END $$;

-- Of what is there already.
INSERT INTO people AS t (store_id, kind, value, id, first_seen, last_seen, events, images, country,
                         country_word, visitor)
SELECT store_id, 'visitor', visitor, customer_key(store_id, 'visitor', visitor), min(occurred_at),
       max(occurred_at), count(*), count(*) FILTER (WHERE is_image),
       (array_agg(country ORDER BY word DESC) FILTER (WHERE country IS NOT NULL))[1],
       max(word) FILTER (WHERE country IS NOT NULL), visitor
  FROM (SELECT store_id, coalesce(visitor_id, 's:' || session_id) COLLATE "C" AS visitor, occurred_at, country,
               activity_type = 'custom' AND name IS NOT DISTINCT FROM 'image_generated' AS is_image,
               lpad((extract(epoch FROM occurred_at) * 1000)::bigint::text, 15, '0') || ':' || event_id AS word
          FROM customer_activity
         WHERE NOT is_bot
           AND NOT (activity_type = 'custom' AND source = 'server'
                    AND coalesce(name, '') IN ('cart_abandoned', 'checkout_abandoned'))
        UNION ALL
        SELECT store_id, coalesce(visitor_id, 's:' || session_id), occurred_at, country, false,
               lpad((extract(epoch FROM occurred_at) * 1000)::bigint::text, 15, '0') || ':' || event_id
          FROM landing_events WHERE NOT is_bot) AS told
 GROUP BY store_id, visitor;
INSERT INTO people (store_id, kind, value, id)
SELECT store_id, kind, value, customer_key(store_id, kind, value)
  FROM (SELECT store_id, 'telegram'::identity_kind AS kind, client_id AS value FROM bot_users
        UNION
        SELECT store_id, kind, value FROM identities WHERE kind <> 'order') AS known
ON CONFLICT DO NOTHING;
WITH RECURSIVE above AS (
    SELECT store_id, kind, value, to_kind, to_value FROM identities
     WHERE kind <> 'order' AND to_kind IS NOT NULL
     UNION ALL
    SELECT a.store_id, a.kind, a.value, i.to_kind, i.to_value
      FROM above AS a
      JOIN identities AS i ON i.store_id = a.store_id AND i.kind = a.to_kind AND i.value = a.to_value
     WHERE i.to_kind IS NOT NULL
), owner AS (
    SELECT DISTINCT ON (store_id, kind, value) * FROM above ORDER BY store_id, kind, value, to_kind DESC
)
UPDATE people AS p SET owner_kind = o.to_kind, owner_value = o.to_value
  FROM owner AS o WHERE p.store_id = o.store_id AND p.kind = o.kind AND p.value = o.value;
ANALYZE people;
UPDATE people AS p
   SET (first_seen, last_seen, events, messages, images, country, country_word, telegram, visitor, name, email,
        orders, currency, spent, spents) =
       (SELECT f.* FROM person_figures(p.store_id, p.kind, p.value) AS f)
 WHERE p.owner_kind IS NULL
   AND (p.kind <> 'visitor'
        OR EXISTS (SELECT FROM identities AS i
                    WHERE i.store_id = p.store_id AND i.kind = p.kind AND i.value = p.value));

GRANT SELECT, INSERT, UPDATE ON people TO storepulse_agents;
GRANT SELECT ON people TO storepulse_query, storepulse_operator;
GRANT EXECUTE ON FUNCTION lock_people, person_figures TO storepulse_agents;
