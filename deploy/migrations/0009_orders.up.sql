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
COMMENT ON COLUMN orders.is_bot IS 'False if any telling was by a person';
CREATE INDEX orders_day ON orders (store_id, day)
    INCLUDE (currency, amount, refunded, status, is_bot);
CREATE INDEX orders_landing_page ON orders (landing_page_id, day) WHERE landing_page_id IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON orders TO storepulse_agents;
GRANT SELECT ON orders TO storepulse_query, storepulse_operator;
