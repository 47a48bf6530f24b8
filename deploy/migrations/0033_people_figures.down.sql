-- Returns to the figures of one person at a time.
DROP FUNCTION people_figures;

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

GRANT EXECUTE ON FUNCTION person_figures TO storepulse_agents;
