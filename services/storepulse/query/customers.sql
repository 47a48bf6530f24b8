-- Customers with their figures, which are computed from identities and orders at read time. A change of
-- these sets customers.updated_at in the same transaction (streams/customers.sql). An order belongs to the
-- customer with the greatest link_word under any of its numbers, and counts for that customer once.

-- fragment: asked
{asked_until}
       AND c.updated_at >= coalesce(%(updated_at_min)s::timestamptz, '-infinity')

-- fragment: asked_until
c.store_id = %(store_id)s
       AND c.updated_at < least(coalesce(%(updated_at_max)s::timestamptz, 'infinity'),
                                now() - make_interval(secs => %(horizon)s))

-- fragment: of_customer
-- The customer's own identity and, if that is linked to another, the current owner. Links lead to stronger
-- kinds only.
LEFT JOIN identities AS own ON own.store_id = p.store_id AND own.kind = p.kind AND own.value = p.value
  LEFT JOIN LATERAL (
      WITH RECURSIVE owners AS (
          SELECT own.to_kind AS kind, own.to_value AS value WHERE own.to_kind IS NOT NULL
           UNION ALL
          SELECT i.to_kind, i.to_value
            FROM owners AS o
            JOIN identities AS i
              ON i.store_id = p.store_id AND i.kind = o.kind AND i.value = o.value
           WHERE i.to_kind IS NOT NULL
      )
      SELECT customer_key(p.store_id, kind, value) AS merged_into
        FROM owners ORDER BY kind DESC LIMIT 1) AS owner ON true

-- fragment: held
-- The identities of a customer that is not merged into another, including orders. No identity links to an
-- order. Each is found by the index on the identity it is linked to. The limit is more than any person has.
-- OFFSET 0 keeps the planner from joining whole tables for a few rows.
WITH RECURSIVE found AS (
               SELECT own.* WHERE own.to_kind IS NULL
                UNION ALL
               SELECT i.*
                 FROM found AS f
                CROSS JOIN LATERAL (
                      SELECT * FROM identities AS i
                       WHERE i.store_id = p.store_id AND i.to_kind = f.kind AND i.to_value = f.value
                      OFFSET 0) AS i
                WHERE f.kind <> 'order'
           ), held AS MATERIALIZED (
               SELECT * FROM found LIMIT 100000
           )

-- fragment: figures
CROSS JOIN LATERAL (
           {held}, sold AS (
               SELECT coalesce(o.currency, '') AS currency, o.amount - o.refunded AS net
                 FROM held AS h
                CROSS JOIN LATERAL (
                      SELECT o.order_id, o.currency, o.amount, o.refunded
                        FROM order_tellings AS t JOIN orders AS o USING (store_id, order_id)
                       WHERE t.store_id = p.store_id AND t.number = h.value COLLATE "default"
                         AND o.status IN ('paid', 'refunded') AND NOT o.is_bot
                      OFFSET 0) AS o
                CROSS JOIN LATERAL (
                      SELECT max(i.link_word) AS link_word
                        FROM order_tellings AS t
                       CROSS JOIN LATERAL (
                             SELECT i.link_word FROM identities AS i
                              WHERE i.store_id = p.store_id AND i.kind = 'order'
                                AND i.value = t.number COLLATE "C"
                             OFFSET 0) AS i
                       WHERE t.store_id = p.store_id AND t.order_id = o.order_id) AS greatest
                WHERE h.kind = 'order' AND h.link_word = greatest.link_word
           ), spent AS (
               SELECT currency, count(*) AS orders, coalesce(sum(net), 0) AS total
                 FROM sold GROUP BY currency
           )
           SELECT min(first_seen) AS first_seen, max(last_seen) AS last_seen,
                  (array_agg(h.value ORDER BY link_word DESC NULLS FIRST)
                      FILTER (WHERE h.kind = 'email'))[1] AS email_hash,
                  (array_agg(h.email ORDER BY link_word DESC NULLS FIRST)
                      FILTER (WHERE h.kind = 'email'))[1] AS email,
                  (array_agg(h.value ORDER BY link_word DESC NULLS FIRST)
                      FILTER (WHERE h.kind = 'telegram'))[1] AS telegram_id,
                  (array_agg(h.first_name ORDER BY name_word DESC)
                      FILTER (WHERE name_word IS NOT NULL))[1] AS first_name,
                  (array_agg(h.last_name ORDER BY name_word DESC)
                      FILTER (WHERE name_word IS NOT NULL))[1] AS last_name,
                  (array_agg(h.campaign_id ORDER BY campaign_word DESC)
                      FILTER (WHERE campaign_word IS NOT NULL))[1] AS campaign_id,
                  coalesce((array_agg(h.tracking_id ORDER BY campaign_word DESC)
                      FILTER (WHERE campaign_word IS NOT NULL))[1],
                      (array_agg(h.value ORDER BY link_word DESC NULLS FIRST)
                      FILTER (WHERE h.kind = 'tracking'))[1]) AS tracking_id,
                  coalesce((SELECT sum(orders) FROM spent), 0)::bigint AS orders_count,
                  coalesce((SELECT jsonb_agg(jsonb_build_object(
                                       'currency', currency, 'orders', orders,
                                       'total_spent', total::numeric(38, 4)::text)
                                   ORDER BY orders DESC, currency) FROM spent), '[]') AS spent
             FROM held AS h
            WHERE h.kind <> 'order') AS figures

-- name: page
-- A single lower bound: with two, the index scan would start at the lower one.
WITH p AS MATERIALIZED (
    SELECT c.store_id, c.id, c.kind, c.value, c.updated_at
      FROM customers AS c
     WHERE {asked_until}
       AND (c.updated_at, c.id)
           > (greatest(%(after)s::timestamptz, %(updated_at_min)s::timestamptz, '-infinity'),
              CASE WHEN %(after)s::timestamptz
                        >= coalesce(%(updated_at_min)s::timestamptz, '-infinity')
                   THEN %(after_id)s::uuid ELSE '00000000-0000-0000-0000-000000000000' END)
     ORDER BY c.updated_at, c.id
     LIMIT %(count)s OFFSET %(skipped)s
)
SELECT p.id, p.kind::text, p.value, p.updated_at, owner.merged_into, figures.*
  FROM p
  {of_customer}
  {figures}
 ORDER BY p.updated_at, p.id;

-- name: customer
SELECT p.id, p.kind::text, p.value, p.updated_at, owner.merged_into, figures.*
  FROM customers AS p
  {of_customer}
  {figures}
 WHERE p.store_id = %(store_id)s AND p.id = %(id)s;

-- name: identities
SELECT h.kind::text, h.value, h.to_kind::text, h.to_value, h.first_seen, h.last_seen
  FROM customers AS p
  {of_customer}
 CROSS JOIN LATERAL ({held} SELECT * FROM held WHERE kind <> 'order') AS h
 WHERE p.store_id = %(store_id)s AND p.id = %(id)s
 ORDER BY h.kind DESC, h.value
 LIMIT %(count)s;

-- name: conflicts
-- Links that were overruled by a greater word, from or to identities of the customer. A link between two
-- identities of the customer is no conflict: it confirms what other links say.
SELECT DISTINCT l.kind, l.kind::text AS kind_name, l.value, l.to_kind::text, l.to_value, l.told_at
  FROM customers AS p
  {of_customer}
 CROSS JOIN LATERAL (
      {held}
      SELECT l.* FROM held AS h
        JOIN identity_links AS l ON l.store_id = p.store_id AND l.kind = h.kind AND l.value = h.value
       WHERE NOT EXISTS (SELECT FROM held AS t WHERE t.kind = l.to_kind AND t.value = l.to_value)
       UNION ALL
      SELECT l.* FROM held AS h
        JOIN identity_links AS l
          ON l.store_id = p.store_id AND l.to_kind = h.kind AND l.to_value = h.value
       WHERE NOT EXISTS (SELECT FROM held AS t WHERE t.kind = l.kind AND t.value = l.value)) AS l
  JOIN identities AS i ON i.store_id = l.store_id AND i.kind = l.kind AND i.value = l.value
 WHERE p.store_id = %(store_id)s AND p.id = %(id)s
   AND (i.to_kind, i.to_value) IS DISTINCT FROM (l.to_kind, l.to_value)
 ORDER BY l.told_at DESC, l.kind, l.value
 LIMIT %(count)s;

-- name: total
SELECT coalesce(sum(customers), 0)::bigint AS total
  FROM customer_counts WHERE store_id = %(store_id)s;

-- name: changed
-- The number of matching customers, up to `count`.
SELECT count(*) AS total FROM (SELECT FROM customers AS c WHERE {asked} LIMIT %(count)s) AS found;

-- name: last_change
SELECT max(updated_at) AS last_updated_at FROM customers AS c WHERE {asked};
