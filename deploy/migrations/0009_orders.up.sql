-- Orders: one row for each, however often and by whichever stream it is told.

CREATE TYPE order_status AS ENUM ('created', 'paid', 'refunded', 'cancelled');

CREATE TABLE orders (
    store_id        uuid NOT NULL,
    order_id        text NOT NULL,
    counted_at      timestamptz NOT NULL,
    day             date NOT NULL,
    first_word      text COLLATE "C" NOT NULL,
    landing_page_id text,
    campaign_id     text,
    landing_word    text COLLATE "C",
    status          order_status NOT NULL,
    amount          numeric(18, 4),
    currency        text,
    amount_word     text COLLATE "C",
    refunded        numeric(18, 4) NOT NULL,
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
    is_bot          boolean NOT NULL,
    PRIMARY KEY (store_id, order_id)
);
COMMENT ON COLUMN orders.counted_at IS 'Smallest time of all tellings; day is the store''s day of it';
COMMENT ON COLUMN orders.landing_page_id IS 'Of the first telling that names a landing page';
COMMENT ON COLUMN orders.amount_word IS 'Whose word the amount is: trust, time, event id, stream';
COMMENT ON COLUMN orders.refunded IS 'The greatest total that was told';
COMMENT ON COLUMN orders.items_currency IS 'Of the prices in items';
COMMENT ON COLUMN orders.is_bot IS 'False if any telling was by a person';
CREATE INDEX orders_day ON orders (store_id, day)
    INCLUDE (counted_at, currency, amount, refunded, status, is_bot);
CREATE INDEX orders_landing_page ON orders (landing_page_id, day) WHERE landing_page_id IS NOT NULL;

-- Products of the orders that are sold: the items, else each product that a purchase of the order
-- names by itself. Made of the order's row, under its lock.
CREATE TABLE order_lines (
    store_id   uuid NOT NULL,
    order_id   text NOT NULL,
    product_id text NOT NULL,
    day        date NOT NULL,
    currency   text NOT NULL,
    is_bot     boolean NOT NULL,
    word       text COLLATE "C" NOT NULL,
    name       text,
    units      bigint NOT NULL,
    revenue    numeric NOT NULL,
    PRIMARY KEY (store_id, order_id, product_id)
);
COMMENT ON COLUMN order_lines.day IS 'The order''s';
COMMENT ON COLUMN order_lines.currency IS 'Empty where the purchase named none';
COMMENT ON COLUMN order_lines.word IS 'Whose word the line is: trust, time, event id, stream';
CREATE INDEX order_lines_day ON order_lines (store_id, day, product_id)
    INCLUDE (currency, is_bot, units, revenue);

-- Products of the purchases that name no order.
CREATE TABLE product_sales_daily (
    store_id   uuid NOT NULL,
    day        date NOT NULL,
    product_id text NOT NULL,
    currency   text NOT NULL,
    is_bot     boolean NOT NULL,
    name       text,
    purchases  bigint NOT NULL,
    units      bigint NOT NULL,
    revenue    numeric NOT NULL,
    PRIMARY KEY (store_id, day, product_id, currency, is_bot)
);
COMMENT ON COLUMN product_sales_daily.currency IS 'Empty where the purchase named none';

GRANT SELECT, INSERT, UPDATE ON orders, product_sales_daily TO storepulse_agents;
GRANT SELECT, INSERT, UPDATE, DELETE ON order_lines TO storepulse_agents;
GRANT SELECT ON orders, order_lines, product_sales_daily TO storepulse_query, storepulse_operator;
