-- The figures of many people by one query: person_figures() took the better part of a millisecond for each of them.

-- What the figures of people are made of: everything that each of them owns, the orders of that, and chats. A
-- function of rows, so that it does not matter what came when. The people are given as columns of a table:
-- the first store, the first kind and the first value are one person. Whoever is not in `people` has no row.
CREATE FUNCTION people_figures(asked_stores uuid[], asked_kinds identity_kind[], asked_values text[])
RETURNS TABLE (
    store_id uuid, kind identity_kind, value text, first_seen timestamptz, last_seen timestamptz, events bigint,
    messages bigint, images bigint, country text, country_word text, telegram text, visitor text, name text,
    email text, orders bigint, currency text, spent numeric, spents jsonb)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH asked AS MATERIALIZED (
        SELECT * FROM unnest(asked_stores, asked_kinds, asked_values) WITH ORDINALITY AS a (store_id, kind, value, person)
    ), held AS (
        SELECT a.person, a.store_id, p.*
          FROM asked AS a
         CROSS JOIN LATERAL (
               SELECT p.kind, p.value, p.first_seen, p.last_seen, p.events, p.images, p.country, p.country_word
                 FROM people AS p
                WHERE p.store_id = a.store_id AND p.kind = a.kind AND p.value = a.value COLLATE "C"
               UNION ALL
               SELECT p.kind, p.value, p.first_seen, p.last_seen, p.events, p.images, p.country, p.country_word
                 FROM people AS p
                WHERE p.store_id = a.store_id AND p.owner_kind = a.kind AND p.owner_value = a.value COLLATE "C"
               OFFSET 0) AS p
    ), told AS MATERIALIZED (
        SELECT h.person, h.store_id, h.kind, h.value, h.first_seen, h.last_seen, h.events, h.images, h.country,
               h.country_word, i.first_seen AS named_first, i.last_seen AS named_last, i.link_word, i.name_word,
               i.first_name, i.last_name, i.email, i.value IS NOT NULL AS is_named
          FROM held AS h
          LEFT JOIN LATERAL (
               SELECT i.* FROM identities AS i
                WHERE i.store_id = h.store_id AND i.kind = h.kind AND i.value = h.value
               OFFSET 0) AS i ON true
    ), of_names AS (
        SELECT t.person,
               min(t.first_seen) FILTER (WHERE t.kind = 'visitor') AS shop_first,
               max(t.last_seen) FILTER (WHERE t.kind = 'visitor') AS shop_last,
               coalesce(sum(t.events) FILTER (WHERE t.kind = 'visitor'), 0) AS events,
               coalesce(sum(t.images) FILTER (WHERE t.kind = 'visitor'), 0) AS images,
               (array_agg(t.country ORDER BY t.country_word DESC NULLS LAST)
                    FILTER (WHERE t.kind = 'visitor'))[1] AS country,
               max(t.country_word) FILTER (WHERE t.kind = 'visitor') AS country_word,
               (array_agg(t.value ORDER BY greatest(t.last_seen, t.named_last) DESC NULLS LAST, t.value DESC)
                    FILTER (WHERE t.kind = 'visitor'))[1] AS visitor,
               (array_agg(t.value ORDER BY t.link_word DESC NULLS FIRST, t.value DESC)
                    FILTER (WHERE t.kind = 'telegram'))[1] AS telegram,
               (array_agg(nullif(concat_ws(' ', t.first_name, t.last_name), '') ORDER BY t.name_word DESC)
                    FILTER (WHERE t.name_word IS NOT NULL))[1] AS name,
               (array_agg(t.email ORDER BY t.link_word DESC NULLS FIRST)
                    FILTER (WHERE t.kind = 'email' AND t.is_named))[1] AS email,
               min(t.named_first) AS named_first, max(t.named_last) AS named_last
          FROM told AS t GROUP BY t.person
    ), of_chats AS (
        SELECT t.person, min(b.first_seen) AS first_seen, max(b.last_seen) AS last_seen, sum(b.events) AS events,
               sum(b.messages) AS messages, sum(b.images) AS images
          FROM told AS t
         CROSS JOIN LATERAL (
               SELECT b.* FROM bot_users AS b
                WHERE b.store_id = t.store_id AND b.client_id = t.value
               OFFSET 0) AS b
         WHERE t.kind = 'telegram'
         GROUP BY t.person
    ), sums AS (
        SELECT t.person, coalesce(o.currency, '') AS currency, count(*) AS orders,
               coalesce(sum(o.amount - o.refunded), 0) AS total
          FROM told AS t
         CROSS JOIN LATERAL (
               SELECT i.value, i.link_word FROM identities AS i
                WHERE i.store_id = t.store_id AND i.to_kind = t.kind AND i.to_value = t.value
                  AND i.kind = 'order'
               OFFSET 0) AS named
         CROSS JOIN LATERAL (
               SELECT o.order_id, o.currency, o.amount, o.refunded
                 FROM order_tellings AS s JOIN orders AS o USING (store_id, order_id)
                WHERE s.store_id = t.store_id AND s.number = named.value COLLATE "default"
                  AND o.status IN ('paid', 'refunded') AND NOT o.is_bot
               OFFSET 0) AS o
         CROSS JOIN LATERAL (
               SELECT max(i.link_word) AS link_word
                 FROM order_tellings AS s
                CROSS JOIN LATERAL (
                      SELECT i.link_word FROM identities AS i
                       WHERE i.store_id = t.store_id AND i.kind = 'order' AND i.value = s.number COLLATE "C"
                      OFFSET 0) AS i
                WHERE s.store_id = t.store_id AND s.order_id = o.order_id) AS greatest
         WHERE t.is_named AND named.link_word = greatest.link_word
         GROUP BY t.person, coalesce(o.currency, '')
    ), of_orders AS (
        SELECT s.person, sum(s.orders) AS orders,
               (array_agg(s.currency ORDER BY s.orders DESC, s.currency COLLATE "C")
                    FILTER (WHERE s.currency <> ''))[1] AS currency,
               (array_agg(s.total ORDER BY s.orders DESC, s.currency COLLATE "C")
                    FILTER (WHERE s.currency <> ''))[1] AS spent,
               jsonb_agg(jsonb_build_object('currency', s.currency, 'orders', s.orders,
                                            'total_spent', s.total::numeric(38, 4)::text)
                         ORDER BY s.orders DESC, s.currency COLLATE "C") AS spents
          FROM sums AS s GROUP BY s.person
    )
    SELECT a.store_id, a.kind, a.value,
           least(n.shop_first, b.first_seen, n.named_first), greatest(n.shop_last, b.last_seen, n.named_last),
           (n.events + coalesce(b.events, 0))::bigint, coalesce(b.messages, 0)::bigint,
           (n.images + coalesce(b.images, 0))::bigint, n.country, n.country_word, n.telegram, n.visitor, n.name,
           n.email, coalesce(o.orders, 0)::bigint, o.currency, coalesce(o.spent, 0), coalesce(o.spents, '[]')
      FROM asked AS a
      JOIN of_names AS n USING (person)
      LEFT JOIN of_chats AS b USING (person)
      LEFT JOIN of_orders AS o USING (person);
END;

GRANT EXECUTE ON FUNCTION people_figures TO storepulse_agents;
DROP FUNCTION person_figures;
