-- Customers: each visit made one. Half have the shop's id, three of ten an e-mail address alone, the
-- others a Telegram or tracking id; weaker identities belong to the strongest.

-- fragment: people
{visits}
 CROSS JOIN LATERAL (
       SELECT (CASE WHEN n %% 10 < 5 THEN 'customer' WHEN n %% 10 < 8 THEN 'email'
                    WHEN n %% 10 < 9 THEN 'telegram' ELSE 'tracking' END)::identity_kind AS strongest,
              (7000000000000 + n)::text AS customer,
              encode(sha256(('person' || n || '@example.com')::bytea), 'hex') AS email_hash,
              (2000000000 + n)::text AS telegram
       OFFSET 0) AS person
 CROSS JOIN LATERAL (
       SELECT * FROM (VALUES
              ('customer'::identity_kind, customer, n %% 10 < 5),
              ('email'::identity_kind, email_hash, n %% 10 < 8),
              ('telegram'::identity_kind, telegram, n %% 10 = 0 OR n %% 10 = 8),
              ('tracking'::identity_kind, 't-c' || n, n %% 10 = 0 OR n %% 10 > 7),
              ('visitor'::identity_kind, 'v-c' || n, true),
              ('visitor'::identity_kind, 'v-d' || n, n %% 4 = 0)) AS known (kind, value, is_known)
        WHERE is_known
       OFFSET 0) AS known
 CROSS JOIN LATERAL (
       SELECT CASE strongest WHEN 'customer' THEN customer WHEN 'email' THEN email_hash
                   WHEN 'telegram' THEN telegram ELSE 't-c' || n END AS root,
              to_char(began AT TIME ZONE 'UTC', '"1:"YYYYMMDDHH24MISSMS') AS word
       OFFSET 0) AS main

-- name: identities
INSERT INTO identities
SELECT store_id, kind, value, CASE WHEN kind <> strongest THEN strongest END,
       CASE WHEN kind <> strongest THEN root END, CASE WHEN kind <> strongest THEN word END,
       began, began + interval '1 minute', CASE kind WHEN 'email' THEN 'person' || n || '@example.com' END,
       CASE WHEN kind = strongest THEN 'Ada' END, CASE WHEN kind = strongest THEN 'Person ' || n END,
       CASE WHEN kind = strongest THEN word END,
       CASE WHEN kind = strongest AND n %% 2 = 0 THEN 'campaign-' || n %% 30 END,
       CASE WHEN kind = strongest AND n %% 2 = 0 THEN 't-c' || n END,
       CASE WHEN kind = strongest AND n %% 2 = 0 THEN word END
  FROM {people};

-- name: orders_of_customers
INSERT INTO identities (store_id, kind, value, to_kind, to_value, link_word)
SELECT o.store_id, 'order', o.order_id, main.kind, main.value, o.first_word
  FROM orders AS o
 CROSS JOIN LATERAL (
       SELECT split_part(o.order_id, '-', 1)::bigint AS n OFFSET 0) AS visit
 CROSS JOIN LATERAL (
       SELECT CASE WHEN mod(n, 10) < 5 THEN 'customer' ELSE 'email' END::identity_kind AS kind,
              CASE WHEN mod(n, 10) < 5 THEN (7000000000000 + n)::text
                   ELSE encode(sha256(('person' || n || '@example.com')::bytea), 'hex') END AS value
       OFFSET 0) AS main;

-- name: identity_links
-- One in 50 was told to be somebody else's before.
INSERT INTO identity_links
SELECT store_id, kind, value, to_kind, to_value, word, told_at
  FROM (SELECT store_id, kind, value, strongest AS to_kind, root AS to_value, word, began AS told_at
          FROM {people} WHERE kind <> strongest
        UNION ALL
        SELECT store_id, kind, value, 'email', encode(sha256(n::text::bytea), 'hex'), '0', began
          FROM {people} WHERE kind = 'visitor' AND n %% 50 = 0) AS told;

-- name: customers
-- One in ten has a row by the e-mail address, from before the shop gave him an id.
INSERT INTO customers
SELECT store_id, customer_key(store_id, kind, value), kind, value, began
  FROM {people} WHERE kind = strongest OR (kind = 'email' AND n %% 10 = 1);

-- name: customer_counts
INSERT INTO customer_counts SELECT store_id, 0, count(*) FROM customers GROUP BY 1;
