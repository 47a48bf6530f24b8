-- Actions of one person, of all streams in one order. Parameters are the person's visitors, sessions without a visitor,
-- and chats. For each, an index gives at most as many rows as fit on a page.

-- fragment: of_visitor
hashtextextended(r.visitor_id, uuid_hash_extended(r.store_id, 0))
         = hashtextextended(asked.id, uuid_hash_extended(%(store_id)s, 0))
       AND r.visitor_id = asked.id

-- fragment: in_period
r.store_id = %(store_id)s AND NOT r.is_bot
       AND r.occurred_at >= coalesce(%(start)s::timestamptz, '-infinity')
       AND r.occurred_at < coalesce(%(end)s::timestamptz, 'infinity')

-- fragment: newer_first
{in_period}
       AND (%(after_id)s::uuid IS NULL OR (r.occurred_at, r.event_id) < (%(after)s::timestamptz, %(after_id)s::uuid))

-- fragment: older_first
{in_period}
       AND (%(after_id)s::uuid IS NULL OR (r.occurred_at, r.event_id) > (%(after)s::timestamptz, %(after_id)s::uuid))

-- fragment: asked_activity
-- A purchase with an order is represented by the order.
(r.activity_type = ANY (%(activity_types)s::text[]) AND (r.activity_type <> 'purchase' OR r.order_id IS NULL)
        OR r.activity_type = 'custom'
           AND CASE WHEN r.name = 'image_generated' THEN %(with_images)s
                    WHEN r.name IN ('web_vitals', 'pixels_called') THEN false ELSE %(with_others)s END)

-- fragment: asked_landing
(r.event_type = ANY (%(landing_types)s::text[]) AND (r.event_type <> 'Purchase' OR r.order_id IS NULL))

-- fragment: activity
SELECT 'activity' AS stream, r.event_id, r.occurred_at, r.activity_type AS type, r.name, r.session_id,
       r.page_url, r.product_id, r.product_name AS title, r.search_query AS text, r.quantity::bigint, r.value,
       r.currency, NULL::text AS order_id, NULL::text AS image_url, r.metadata
  FROM customer_activity AS r

-- fragment: landing
SELECT 'landing' AS stream, r.event_id, r.occurred_at, r.event_type AS type, r.event_name AS name, r.session_id,
       NULL::text AS page_url, r.landing_page_id AS product_id, NULL::text AS title, NULL::text AS text,
       NULL::bigint, r.value, r.currency, NULL::text AS order_id, NULL::text AS image_url,
       r.event_data AS metadata
  FROM landing_events AS r

-- fragment: cart
SELECT 'cart' AS stream, r.event_id, r.occurred_at, 'add_to_cart' AS type, NULL::text AS name, r.session_id,
       r.product_url AS page_url, r.product_id, r.product_title AS title, r.variant_id AS text, NULL::bigint,
       NULL::numeric AS value, NULL::text AS currency, NULL::text AS order_id, r.generated_image_url AS image_url,
       NULL::jsonb AS metadata
  FROM cart_tracking_events AS r

-- fragment: bot
SELECT 'bot' AS stream, r.event_id, r.occurred_at, r.event_type AS type, r.name, r.session_id,
       NULL::text AS page_url, r.persona AS product_id, r.story AS title, r.text, NULL::bigint,
       NULL::numeric AS value, NULL::text AS currency, NULL::text AS order_id, r.image_url,
       CASE WHEN r.is_image_inline THEN coalesce(r.metadata, '{}') || '{"is_image_inline": true}'
            ELSE r.metadata END AS metadata
  FROM tg_analytics_events AS r

-- fragment: orders
-- Each order once, by the greatest link_word of its numbers. An order has no event, so its id is derived.
SELECT DISTINCT ON (o.order_id) 'order' AS stream, md5(o.order_id)::uuid AS event_id, o.counted_at AS occurred_at,
       o.status::text AS type, o.order_name AS name, o.session_id, NULL::text AS page_url, NULL::text AS product_id,
       (SELECT max(l.name COLLATE "C") FROM order_lines AS l
         WHERE l.store_id = o.store_id AND l.order_id = o.order_id) AS title,
       NULL::text AS text, (SELECT sum(l.units)::bigint FROM order_lines AS l
                             WHERE l.store_id = o.store_id AND l.order_id = o.order_id) AS quantity,
       o.amount - o.refunded AS value, o.currency, o.order_id, NULL::text AS image_url, NULL::jsonb AS metadata
  FROM (SELECT %(kind)s::identity_kind AS kind, %(value)s::text COLLATE "C" AS value
        UNION ALL
        SELECT p.kind, p.value FROM people AS p
         WHERE p.store_id = %(store_id)s AND p.owner_kind = %(kind)s::identity_kind
           AND p.owner_value = %(value)s) AS held
 CROSS JOIN LATERAL (
       SELECT i.value, i.link_word FROM identities AS i
        WHERE i.store_id = %(store_id)s AND i.to_kind = held.kind AND i.to_value = held.value
          AND i.kind = 'order'
       OFFSET 0) AS named
 CROSS JOIN LATERAL (
       SELECT o.* FROM order_tellings AS t JOIN orders AS o USING (store_id, order_id)
        WHERE t.store_id = %(store_id)s AND t.number = named.value COLLATE "default" AND NOT o.is_bot
       OFFSET 0) AS o
 CROSS JOIN LATERAL (
       SELECT max(i.link_word) AS link_word
         FROM order_tellings AS t
        CROSS JOIN LATERAL (
              SELECT i.link_word FROM identities AS i
               WHERE i.store_id = %(store_id)s AND i.kind = 'order' AND i.value = t.number COLLATE "C"
              OFFSET 0) AS i
        WHERE t.store_id = %(store_id)s AND t.order_id = o.order_id) AS greatest
 WHERE %(with_orders)s AND named.link_word = greatest.link_word

-- fragment: seen_with
-- The archived image, and when the next page of the session was opened.
LEFT JOIN LATERAL (
      SELECT a.archived_url FROM archived_images AS a
       WHERE a.store_id = %(store_id)s AND a.stream = found.stream AND a.event_id = found.event_id
       ORDER BY a.field <> 'image_url', a.field LIMIT 1) AS archived ON true
  LEFT JOIN LATERAL (
      SELECT min(n.occurred_at) AS next_page_at FROM customer_activity AS n
       WHERE found.stream = 'activity' AND found.type IN ('page_view', 'product_view')
         AND n.store_id = %(store_id)s AND n.session_id = found.session_id AND n.occurred_at > found.occurred_at
         AND n.occurred_at <= found.occurred_at + interval '30 minutes'
         AND n.activity_type IN ('page_view', 'product_view') AND n.page_url IS DISTINCT FROM found.page_url
      ) AS following ON true

-- name: newest
SELECT found.*, archived_url, next_page_at
  FROM (SELECT * FROM (
            SELECT each.* FROM unnest(%(visitors)s::text[]) AS asked (id) CROSS JOIN LATERAL (
                {activity} WHERE {of_visitor} AND {newer_first} AND {asked_activity}
                 ORDER BY r.occurred_at DESC, r.event_id DESC LIMIT %(count)s) AS each
            UNION ALL
            SELECT each.* FROM unnest(%(sessions)s::text[]) AS asked (id) CROSS JOIN LATERAL (
                {activity} WHERE r.session_id = asked.id AND r.visitor_id IS NULL AND {newer_first} AND {asked_activity}
                 ORDER BY r.occurred_at DESC, r.event_id DESC LIMIT %(count)s) AS each
            UNION ALL
            SELECT each.* FROM unnest(%(visitors)s::text[]) AS asked (id) CROSS JOIN LATERAL (
                {landing} WHERE {of_visitor} AND {newer_first} AND {asked_landing}
                 ORDER BY r.occurred_at DESC, r.event_id DESC LIMIT %(count)s) AS each
            UNION ALL
            SELECT each.* FROM unnest(%(sessions)s::text[]) AS asked (id) CROSS JOIN LATERAL (
                {landing} WHERE r.session_id = asked.id AND r.visitor_id IS NULL AND {newer_first} AND {asked_landing}
                 ORDER BY r.occurred_at DESC, r.event_id DESC LIMIT %(count)s) AS each
            UNION ALL
            SELECT each.* FROM unnest(%(visitors)s::text[]) AS asked (id) CROSS JOIN LATERAL (
                {cart} WHERE %(with_carts)s AND {of_visitor} AND {newer_first}
                 ORDER BY r.occurred_at DESC, r.event_id DESC LIMIT %(count)s) AS each
            UNION ALL
            SELECT each.* FROM unnest(%(sessions)s::text[]) AS asked (id) CROSS JOIN LATERAL (
                {cart} WHERE %(with_carts)s AND r.session_id = asked.id AND r.visitor_id IS NULL AND {newer_first}
                 ORDER BY r.occurred_at DESC, r.event_id DESC LIMIT %(count)s) AS each
            UNION ALL
            SELECT each.* FROM unnest(%(chats)s::text[]) AS asked (id) CROSS JOIN LATERAL (
                {bot} WHERE r.client_id = asked.id AND {newer_first} AND r.event_type = ANY (%(bot_types)s::text[])
                 ORDER BY r.occurred_at DESC, r.event_id DESC LIMIT %(count)s) AS each
            UNION ALL
            SELECT r.* FROM ({orders}) AS r
             WHERE r.occurred_at >= coalesce(%(start)s::timestamptz, '-infinity')
               AND r.occurred_at < coalesce(%(end)s::timestamptz, 'infinity')
               AND (%(after_id)s::uuid IS NULL
                    OR (r.occurred_at, r.event_id) < (%(after)s::timestamptz, %(after_id)s::uuid))) AS every
         ORDER BY occurred_at DESC, event_id DESC LIMIT %(count)s) AS found
  {seen_with}
 ORDER BY found.occurred_at DESC, found.event_id DESC;

-- name: oldest
SELECT found.*, archived_url, next_page_at
  FROM (SELECT * FROM (
            SELECT each.* FROM unnest(%(visitors)s::text[]) AS asked (id) CROSS JOIN LATERAL (
                {activity} WHERE {of_visitor} AND {older_first} AND {asked_activity}
                 ORDER BY r.occurred_at, r.event_id LIMIT %(count)s) AS each
            UNION ALL
            SELECT each.* FROM unnest(%(sessions)s::text[]) AS asked (id) CROSS JOIN LATERAL (
                {activity} WHERE r.session_id = asked.id AND r.visitor_id IS NULL AND {older_first} AND {asked_activity}
                 ORDER BY r.occurred_at, r.event_id LIMIT %(count)s) AS each
            UNION ALL
            SELECT each.* FROM unnest(%(visitors)s::text[]) AS asked (id) CROSS JOIN LATERAL (
                {landing} WHERE {of_visitor} AND {older_first} AND {asked_landing}
                 ORDER BY r.occurred_at, r.event_id LIMIT %(count)s) AS each
            UNION ALL
            SELECT each.* FROM unnest(%(sessions)s::text[]) AS asked (id) CROSS JOIN LATERAL (
                {landing} WHERE r.session_id = asked.id AND r.visitor_id IS NULL AND {older_first} AND {asked_landing}
                 ORDER BY r.occurred_at, r.event_id LIMIT %(count)s) AS each
            UNION ALL
            SELECT each.* FROM unnest(%(visitors)s::text[]) AS asked (id) CROSS JOIN LATERAL (
                {cart} WHERE %(with_carts)s AND {of_visitor} AND {older_first}
                 ORDER BY r.occurred_at, r.event_id LIMIT %(count)s) AS each
            UNION ALL
            SELECT each.* FROM unnest(%(sessions)s::text[]) AS asked (id) CROSS JOIN LATERAL (
                {cart} WHERE %(with_carts)s AND r.session_id = asked.id AND r.visitor_id IS NULL AND {older_first}
                 ORDER BY r.occurred_at, r.event_id LIMIT %(count)s) AS each
            UNION ALL
            SELECT each.* FROM unnest(%(chats)s::text[]) AS asked (id) CROSS JOIN LATERAL (
                {bot} WHERE r.client_id = asked.id AND {older_first} AND r.event_type = ANY (%(bot_types)s::text[])
                 ORDER BY r.occurred_at, r.event_id LIMIT %(count)s) AS each
            UNION ALL
            SELECT r.* FROM ({orders}) AS r
             WHERE r.occurred_at >= coalesce(%(start)s::timestamptz, '-infinity')
               AND r.occurred_at < coalesce(%(end)s::timestamptz, 'infinity')
               AND (%(after_id)s::uuid IS NULL
                    OR (r.occurred_at, r.event_id) > (%(after)s::timestamptz, %(after_id)s::uuid))) AS every
         ORDER BY occurred_at, event_id LIMIT %(count)s) AS found
  {seen_with}
 ORDER BY found.occurred_at, found.event_id;

-- name: sessions
-- The sessions of a page's events, with their purchases and user agent. The value of an order is taken from the order.
SELECT s.session_id, s.started_at, s.ended_at, s.entry_page, s.exit_page, coalesce(s.utm_source, s.source) AS source,
       s.country, s.pages, s.events, s.steps, told.user_agent,
       coalesce((SELECT jsonb_agg(jsonb_build_object('currency', currency, 'value', value::numeric(18, 4)::text)
                                  ORDER BY currency)
                   FROM (SELECT currency, sum(value) AS value
                           FROM (SELECT DISTINCT ON (coalesce(o.order_id, r.event_id::text))
                                        coalesce(CASE WHEN o.order_id IS NULL THEN r.currency ELSE o.currency END, '')
                                            AS currency,
                                        CASE WHEN o.order_id IS NULL THEN r.value ELSE o.amount - o.refunded END
                                            AS value
                                   FROM customer_activity AS r
                                   LEFT JOIN LATERAL (
                                        SELECT o.* FROM order_tellings AS t JOIN orders AS o USING (store_id, order_id)
                                         WHERE t.store_id = %(store_id)s
                                           AND t.number = regexp_replace(
                                                   r.order_id, '^(gid://shopify/Order(Identity)?/|#)+(?=.)', '')
                                        OFFSET 0) AS o ON true
                                  WHERE r.store_id = %(store_id)s AND r.session_id = s.session_id
                                    AND r.occurred_at BETWEEN s.started_at AND s.ended_at
                                    AND s.steps & 16 <> 0 AND r.activity_type = 'purchase') AS sold
                          WHERE value IS NOT NULL
                          GROUP BY currency) AS sums), '[]') AS bought
  FROM (SELECT DISTINCT s.session_id, s.started_at
          FROM unnest(%(ids)s::text[], %(times)s::timestamptz[]) AS asked (id, at)
         CROSS JOIN LATERAL (
               SELECT s.session_id, s.started_at FROM sessions AS s
                WHERE s.store_id = %(store_id)s AND s.session_id = asked.id AND s.started_at <= asked.at
                ORDER BY s.started_at DESC LIMIT 1) AS s) AS known
  JOIN sessions AS s
    ON s.store_id = %(store_id)s AND s.session_id = known.session_id AND s.started_at = known.started_at
  LEFT JOIN LATERAL (
       SELECT r.user_agent FROM customer_activity AS r
        WHERE r.store_id = %(store_id)s AND r.session_id = s.session_id AND r.occurred_at >= s.started_at
        ORDER BY r.occurred_at LIMIT 1) AS told ON true
 ORDER BY s.started_at DESC, s.session_id;

-- name: visits
-- Totals of all the person's sessions in the shop.
SELECT count(*) AS sessions, coalesce(sum(extract(epoch FROM s.ended_at - s.started_at)), 0)::float8 AS session_seconds,
       coalesce(sum(s.pages), 0)::bigint AS page_views,
       (array_agg(coalesce(s.utm_source, s.source) ORDER BY s.started_at, s.session_id))[1] AS source
  FROM (SELECT s.* FROM unnest(%(visitors)s::text[]) AS asked (id) CROSS JOIN LATERAL (
              SELECT r.* FROM sessions AS r WHERE r.store_id = %(store_id)s AND NOT r.is_bot AND {of_visitor}
              OFFSET 0) AS s
        UNION ALL
        SELECT s.* FROM unnest(%(sessions)s::text[]) AS asked (id) CROSS JOIN LATERAL (
              SELECT r.* FROM sessions AS r
               WHERE r.store_id = %(store_id)s AND r.session_id = asked.id AND NOT r.is_bot
              OFFSET 0) AS s) AS s;

-- name: last_device
SELECT each.* FROM (
    SELECT each.* FROM unnest(%(visitors)s::text[]) AS asked (id) CROSS JOIN LATERAL (
        SELECT r.occurred_at, r.user_agent, r.consent_analytics, r.consent_marketing FROM customer_activity AS r
         WHERE r.store_id = %(store_id)s AND NOT r.is_bot AND {of_visitor}
         ORDER BY r.occurred_at DESC LIMIT 1) AS each
    UNION ALL
    SELECT each.* FROM unnest(%(sessions)s::text[]) AS asked (id) CROSS JOIN LATERAL (
        SELECT r.occurred_at, r.user_agent, r.consent_analytics, r.consent_marketing FROM customer_activity AS r
         WHERE r.store_id = %(store_id)s AND NOT r.is_bot AND r.session_id = asked.id
         ORDER BY r.occurred_at DESC LIMIT 1) AS each) AS each
 ORDER BY each.occurred_at DESC LIMIT 1;

-- name: carts
SELECT count(*) AS carts, count(*) FILTER (WHERE has_image) AS carts_from_image
  FROM (SELECT each.has_image FROM unnest(%(visitors)s::text[]) AS asked (id) CROSS JOIN LATERAL (
            SELECT r.generated_image_url IS NOT NULL AS has_image FROM cart_tracking_events AS r
             WHERE r.store_id = %(store_id)s AND NOT r.is_bot AND {of_visitor}
             OFFSET 0) AS each
        UNION ALL
        SELECT each.has_image FROM unnest(%(sessions)s::text[]) AS asked (id) CROSS JOIN LATERAL (
            SELECT r.generated_image_url IS NOT NULL AS has_image FROM cart_tracking_events AS r
             WHERE r.store_id = %(store_id)s AND NOT r.is_bot AND r.session_id = asked.id AND r.visitor_id IS NULL
             OFFSET 0) AS each) AS every;

-- name: quarters
-- Events by quarter of an hour: the offsets of all zones are whole quarters.
SELECT at, sum(events)::bigint AS events
  FROM (SELECT each.* FROM unnest(%(visitors)s::text[]) AS asked (id) CROSS JOIN LATERAL (
            SELECT date_bin('15 minutes', r.occurred_at, '2000-01-01Z') AS at, count(*) AS events
              FROM customer_activity AS r WHERE {of_visitor} AND {in_period} GROUP BY 1) AS each
        UNION ALL
        SELECT each.* FROM unnest(%(sessions)s::text[]) AS asked (id) CROSS JOIN LATERAL (
            SELECT date_bin('15 minutes', r.occurred_at, '2000-01-01Z') AS at, count(*) AS events
              FROM customer_activity AS r
             WHERE r.session_id = asked.id AND r.visitor_id IS NULL AND {in_period} GROUP BY 1) AS each
        UNION ALL
        SELECT each.* FROM unnest(%(visitors)s::text[]) AS asked (id) CROSS JOIN LATERAL (
            SELECT date_bin('15 minutes', r.occurred_at, '2000-01-01Z') AS at, count(*) AS events
              FROM landing_events AS r WHERE {of_visitor} AND {in_period} GROUP BY 1) AS each
        UNION ALL
        SELECT each.* FROM unnest(%(sessions)s::text[]) AS asked (id) CROSS JOIN LATERAL (
            SELECT date_bin('15 minutes', r.occurred_at, '2000-01-01Z') AS at, count(*) AS events
              FROM landing_events AS r
             WHERE r.session_id = asked.id AND r.visitor_id IS NULL AND {in_period} GROUP BY 1) AS each
        UNION ALL
        SELECT each.* FROM unnest(%(chats)s::text[]) AS asked (id) CROSS JOIN LATERAL (
            SELECT date_bin('15 minutes', r.occurred_at, '2000-01-01Z') AS at, count(*) AS events
              FROM tg_analytics_events AS r WHERE r.client_id = asked.id AND {in_period} GROUP BY 1) AS each
       ) AS every
 GROUP BY at ORDER BY at;

-- name: chats
SELECT sum(user_messages)::bigint AS user_messages, sum(ai_messages)::bigint AS ai_messages,
       sum(premium_actions)::bigint AS premium_actions,
       (array_agg(persona ORDER BY persona_word DESC))[1] AS persona,
       (array_agg(story ORDER BY story_word DESC))[1] AS story,
       (SELECT count(*) FROM unnest(%(chats)s::text[]) AS asked (id) JOIN tg_analytics_events AS r
            ON r.store_id = %(store_id)s AND r.client_id = asked.id AND r.event_type = 'image_refresh'
           AND NOT r.is_bot) AS redone_images
  FROM bot_users WHERE store_id = %(store_id)s AND client_id = ANY (%(chats)s::text[]);

-- name: variants
SELECT a.test_id, t.name AS test, array_agg(DISTINCT shown ORDER BY shown) AS variants, min(a.t0) AS at
  FROM unnest(%(units)s::text[]) AS asked (unit)
  JOIN ab_test_assignments AS a ON a.store_id = %(store_id)s AND a.unit = asked.unit
  JOIN ab_tests AS t ON t.store_id = a.store_id AND t.test_id = a.test_id
 CROSS JOIN unnest(a.variants) AS shown
 GROUP BY a.test_id, t.name
 ORDER BY min(a.t0) DESC, a.test_id
 LIMIT %(count)s;
