-- Orders as shops tell them: rows and hourly counts, refunds, and one order under several numbers.

CREATE TABLE order_events (
    event_id          uuid NOT NULL,
    store_id          uuid NOT NULL,
    session_id        text,
    visitor_id        text,
    correlation_id    text NOT NULL,
    occurred_at       timestamptz NOT NULL,
    received_at       timestamptz NOT NULL,
    event_type        text NOT NULL,
    order_id          text NOT NULL,
    order_name        text,
    ordered_at        timestamptz,
    value             numeric(18, 4),
    currency          text,
    refunded          numeric(18, 4),
    refund_id         text,
    refund_value      numeric(18, 4),
    channel           text,
    landing_page_id   text,
    campaign_id       text,
    metadata          jsonb,
    customer_id       text,
    email_hash        text,
    items             jsonb,
    source            text NOT NULL,
    consent_analytics text NOT NULL,
    consent_marketing text NOT NULL,
    ip                inet,
    user_agent        text,
    country           text,
    is_bot            boolean NOT NULL,
    PRIMARY KEY (event_id, store_id, occurred_at)
) PARTITION BY RANGE (occurred_at);
COMMENT ON COLUMN order_events.items IS 'Lines of the order; of a refund what came back';
CREATE TABLE order_events_default PARTITION OF order_events DEFAULT;
CREATE INDEX order_events_newest ON order_events (store_id, occurred_at DESC, event_id);
INSERT INTO partitioned_tables (parent, unit, keep) VALUES ('order_events', 'month', interval '13 months');

CREATE TABLE order_hourly (
    store_id   uuid NOT NULL,
    hour       timestamptz NOT NULL,
    event_type text NOT NULL,
    is_bot     boolean NOT NULL,
    events     bigint NOT NULL,
    PRIMARY KEY (store_id, hour, event_type, is_bot)
);

-- What was told under each number. A number is an order's own or another name of it; the rows of
-- orders are made of these.
CREATE TABLE order_tellings (
    store_id        uuid NOT NULL,
    number          text NOT NULL,
    order_id        text NOT NULL,
    named_order     text,
    named_word      text COLLATE "C",
    order_name      text,
    name_word       text COLLATE "C",
    counted_at      timestamptz,
    day             date,
    first_word      text COLLATE "C",
    landing_page_id text,
    landing_word    text COLLATE "C",
    campaign_id     text,
    campaign_word   text COLLATE "C",
    status          order_status,
    amount          numeric(18, 4),
    currency        text,
    amount_word     text COLLATE "C",
    refunded        numeric(18, 4),
    items           jsonb,
    items_currency  text,
    items_word      text COLLATE "C",
    session_id      text,
    session_word    text COLLATE "C",
    visitor_id      text,
    visitor_word    text COLLATE "C",
    customer_id     text,
    customer_word   text COLLATE "C",
    email_hash      text,
    email_word      text COLLATE "C",
    channel         text,
    channel_word    text COLLATE "C",
    told_at         timestamptz,
    seen_at         timestamptz,
    is_bot          boolean,
    PRIMARY KEY (store_id, number)
);
COMMENT ON COLUMN order_tellings.number IS 'Without # and gid';
COMMENT ON COLUMN order_tellings.order_id IS 'The order in which the number counts';
COMMENT ON COLUMN order_tellings.named_order IS 'The order that the shop says has this number; null where it has not said';
COMMENT ON COLUMN order_tellings.named_word IS 'Whose word that is: 1 for the number itself, else 0: and the word';
COMMENT ON COLUMN order_tellings.counted_at IS 'Null where the number is a name under which nothing was told';
CREATE INDEX order_tellings_order ON order_tellings (store_id, order_id);

CREATE TABLE order_refunds (
    store_id  uuid NOT NULL,
    number    text NOT NULL,
    refund_id text NOT NULL,
    amount    numeric(18, 4) NOT NULL,
    currency  text,
    items     jsonb,
    word      text COLLATE "C" NOT NULL,
    PRIMARY KEY (store_id, number, refund_id)
);

-- Products that purchases of an order name by themselves, by the number under which they did.
CREATE TABLE order_products (
    store_id   uuid NOT NULL,
    number     text NOT NULL,
    product_id text NOT NULL,
    word       text COLLATE "C" NOT NULL,
    name       text,
    units      bigint NOT NULL,
    revenue    numeric NOT NULL,
    currency   text NOT NULL,
    PRIMARY KEY (store_id, number, product_id)
);

ALTER TABLE orders ADD COLUMN order_name text, ADD COLUMN channel text,
                   ADD COLUMN told_at timestamptz, ADD COLUMN seen_at timestamptz;
COMMENT ON COLUMN orders.refunded IS 'The greatest total that was told, or the sum of the refunds, if that is more';
COMMENT ON COLUMN orders.order_name IS 'The number that the customer sees';
COMMENT ON COLUMN orders.told_at IS 'When the shop first told of it; null where only browsers did';
COMMENT ON COLUMN orders.seen_at IS 'When a browser first told of it; null where only the shop did';
COMMENT ON COLUMN orders.campaign_id IS 'Of the first telling that names a campaign';

-- Orders so far are told under their bare numbers from now on, and `#1` and `1` are one. Whether a
-- browser told of them is known of those whose best word is a browser's.
CREATE TEMP TABLE bare ON COMMIT DROP AS
SELECT *, regexp_replace(order_id, '^(gid://shopify/Order(Identity)?/|#)+(?=.)', '') AS number FROM orders;

INSERT INTO order_tellings (
       store_id, number, order_id, counted_at, day, first_word, landing_page_id, landing_word,
       campaign_id, campaign_word, status, amount, currency, amount_word, refunded, items,
       items_currency, items_word, session_id, session_word, visitor_id, visitor_word, customer_id,
       customer_word, email_hash, email_word, told_at, seen_at, is_bot)
SELECT store_id, number, number, min(counted_at), (array_agg(day ORDER BY first_word))[1], min(first_word),
       (array_agg(landing_page_id ORDER BY landing_word))[1], min(landing_word),
       (array_agg(campaign_id ORDER BY landing_word) FILTER (WHERE campaign_id IS NOT NULL))[1],
       min(landing_word) FILTER (WHERE campaign_id IS NOT NULL), max(status),
       (array_agg(amount ORDER BY amount_word DESC NULLS LAST))[1],
       (array_agg(currency ORDER BY amount_word DESC NULLS LAST))[1], max(amount_word), max(refunded),
       (array_agg(items ORDER BY items_word DESC NULLS LAST))[1],
       (array_agg(items_currency ORDER BY items_word DESC NULLS LAST))[1], max(items_word),
       (array_agg(session_id ORDER BY session_word DESC NULLS LAST))[1], max(session_word),
       (array_agg(visitor_id ORDER BY visitor_word DESC NULLS LAST))[1], max(visitor_word),
       (array_agg(customer_id ORDER BY customer_word DESC NULLS LAST))[1], max(customer_word),
       (array_agg(email_hash ORDER BY email_word DESC NULLS LAST))[1], max(email_word),
       min(counted_at) FILTER (WHERE session_word LIKE '1:%'),
       min(counted_at) FILTER (WHERE session_word LIKE '0:%'), bool_and(is_bot)
  FROM bare GROUP BY store_id, number;

INSERT INTO order_products
SELECT DISTINCT ON (store_id, number, l.product_id) store_id, number, l.product_id, l.word, l.name,
       l.units, l.revenue, l.currency
  FROM bare JOIN order_lines l USING (store_id, order_id)
 WHERE items IS NULL
 ORDER BY store_id, number, l.product_id, l.word DESC;

CREATE TEMP TABLE renamed ON COMMIT DROP AS
SELECT store_id, number FROM bare GROUP BY store_id, number HAVING bool_or(order_id <> number);
DELETE FROM order_lines l USING bare JOIN renamed USING (store_id, number)
 WHERE l.store_id = bare.store_id AND l.order_id = bare.order_id;
DELETE FROM orders o USING bare JOIN renamed USING (store_id, number)
 WHERE o.store_id = bare.store_id AND o.order_id = bare.order_id;
INSERT INTO orders (
       store_id, order_id, counted_at, day, first_word, landing_page_id, campaign_id, landing_word,
       status, amount, currency, amount_word, refunded, items, items_currency, items_word, session_id,
       session_word, visitor_id, visitor_word, customer_id, customer_word, email_hash, email_word, is_bot)
SELECT store_id, order_id, counted_at, day, first_word, landing_page_id, campaign_id, landing_word,
       status, amount, currency, amount_word, refunded, items, items_currency, items_word, session_id,
       session_word, visitor_id, visitor_word, customer_id, customer_word, email_hash, email_word, is_bot
  FROM order_tellings JOIN renamed USING (store_id, number);
INSERT INTO order_lines
SELECT store_id, order_id, line.product_id, day, line.currency, is_bot, line.word, line.name, line.units, line.revenue
  FROM renamed JOIN order_tellings t USING (store_id, number)
 CROSS JOIN LATERAL (
       SELECT product_id, coalesce(items_currency, '') AS currency, items_word AS word,
              max(name COLLATE "C") AS name, sum(quantity)::bigint AS units, sum(quantity * price) AS revenue
         FROM jsonb_to_recordset(items) AS i(product_id text, name text, quantity bigint, price numeric)
        GROUP BY product_id
       UNION ALL
       (SELECT product_id, p.currency, word, name, units, revenue FROM order_products p
         WHERE items IS NULL AND p.store_id = t.store_id AND p.number = t.number
         ORDER BY word DESC LIMIT 100)) AS line
 WHERE status IN ('paid', 'refunded');
UPDATE orders o SET told_at = t.told_at, seen_at = t.seen_at, campaign_id = t.campaign_id
  FROM order_tellings t WHERE t.store_id = o.store_id AND t.number = o.order_id;

CREATE INDEX orders_newest ON orders (store_id, counted_at DESC, first_word);
CREATE INDEX orders_told ON orders (store_id, day)
    INCLUDE (counted_at, seen_at, channel, status, currency, amount, refunded, is_bot)
    WHERE told_at IS NOT NULL;
CREATE INDEX orders_unseen ON orders (store_id, counted_at DESC, first_word)
    WHERE told_at IS NOT NULL AND seen_at IS NULL;

GRANT SELECT, INSERT ON order_events TO storepulse_agents;
GRANT SELECT, INSERT, UPDATE ON order_hourly, order_tellings, order_refunds TO storepulse_agents;
GRANT SELECT, INSERT, UPDATE, DELETE ON order_products TO storepulse_agents;
-- Of a number that turns out to be another order's name.
GRANT DELETE ON orders TO storepulse_agents;
GRANT SELECT ON order_events, order_hourly, order_tellings, order_refunds, order_products
   TO storepulse_query, storepulse_operator;
