-- Cart tracking: rows, hourly counts, products, and which generated images became carts.

CREATE TABLE cart_tracking_events (
    id                  text NOT NULL,
    event_id            uuid NOT NULL,
    store_id            uuid NOT NULL,
    store_name          text NOT NULL,
    product_id          text,
    product_title       text,
    product_url         text,
    variant_id          text,
    customer_email      text,
    normalised_email    text,
    customer_first_name text,
    customer_last_name  text,
    generated_image_url text,
    person_image_url    text,
    clothing_image_url  text,
    user_agent          text,
    ip_address          inet,
    session_id          text,
    visitor_id          text,
    correlation_id      text NOT NULL,
    source              text NOT NULL,
    consent_analytics   text NOT NULL,
    consent_marketing   text NOT NULL,
    country             text,
    is_bot              boolean NOT NULL,
    occurred_at         timestamptz NOT NULL,
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (event_id, store_id, created_at)
) PARTITION BY RANGE (created_at);
CREATE TABLE cart_tracking_events_default PARTITION OF cart_tracking_events DEFAULT;
CREATE INDEX cart_tracking_events_store_name ON cart_tracking_events (store_name);
CREATE INDEX cart_tracking_events_created_at ON cart_tracking_events (created_at);
CREATE INDEX cart_tracking_events_email ON cart_tracking_events (normalised_email);
CREATE INDEX cart_tracking_events_product ON cart_tracking_events (product_id);
CREATE INDEX cart_tracking_events_session ON cart_tracking_events (session_id);
CREATE INDEX cart_tracking_events_newest ON cart_tracking_events (store_id, occurred_at DESC, event_id);
CREATE INDEX cart_tracking_events_store_created ON cart_tracking_events (store_name, created_at);
COMMENT ON COLUMN cart_tracking_events.customer_email IS 'As it was sent';
COMMENT ON COLUMN cart_tracking_events.normalised_email IS
    'customer_email trimmed and in lower case: what addresses are compared by';
INSERT INTO partitioned_tables (parent, unit, keep) VALUES ('cart_tracking_events', 'month', interval '13 months');

CREATE TABLE cart_hourly (
    store_id         uuid NOT NULL,
    hour             timestamptz NOT NULL,
    day              date NOT NULL,
    store_name       text NOT NULL,
    is_bot           boolean NOT NULL,
    carts            bigint NOT NULL,
    generated_images bigint NOT NULL,
    person_images    bigint NOT NULL,
    clothing_images  bigint NOT NULL,
    PRIMARY KEY (store_id, day, hour, store_name, is_bot)
);
COMMENT ON COLUMN cart_hourly.hour IS 'Hour of UTC';
COMMENT ON COLUMN cart_hourly.day IS
    'The store''s local day; an hour of UTC may lie on two of them';
COMMENT ON COLUMN cart_hourly.generated_images IS 'Carts that name a generated image';

CREATE TABLE cart_products_daily (
    store_id         uuid NOT NULL,
    day              date NOT NULL,
    product_id       text NOT NULL,
    store_name       text NOT NULL,
    is_bot           boolean NOT NULL,
    product_title    text,
    carts            bigint NOT NULL,
    generated_images bigint NOT NULL,
    PRIMARY KEY (store_id, day, product_id, store_name, is_bot)
);
COMMENT ON COLUMN cart_products_daily.day IS 'The store''s local day';
COMMENT ON COLUMN cart_products_daily.product_id IS 'Empty for carts that name no product';

-- Images by their address, of two tellings: that one was generated (activity) and that a cart names
-- it. Either may come first. A value of one telling stands with that telling's word.
CREATE TABLE images (
    store_id         uuid NOT NULL,
    image_hash       bytea NOT NULL,
    generated_word   text COLLATE "C",
    generated_at     timestamptz,
    day              date,
    product_id       text,
    is_bot           boolean,
    is_carted        boolean NOT NULL,
    is_carted_by_bot boolean NOT NULL,
    PRIMARY KEY (store_id, image_hash)
);
COMMENT ON COLUMN images.image_hash IS 'SHA-256 of the address without query and fragment';
COMMENT ON COLUMN images.generated_word IS
    'Whose telling counts, the smallest: bot (0, 1), time, event id. Null: only carts know the image';
COMMENT ON COLUMN images.day IS 'The store''s local day of generated_at';
COMMENT ON COLUMN images.is_bot IS 'Only bots generated it';
COMMENT ON COLUMN images.is_carted IS 'A cart of a person names it; is_carted_by_bot: of a bot';
CREATE INDEX images_day ON images (store_id, day)
    INCLUDE (generated_at, product_id, is_bot, is_carted, is_carted_by_bot) WHERE day IS NOT NULL;

GRANT SELECT, INSERT ON cart_tracking_events TO storepulse_agents;
GRANT SELECT, INSERT, UPDATE ON cart_hourly, cart_products_daily, images TO storepulse_agents;
GRANT SELECT ON cart_tracking_events, cart_hourly, cart_products_daily, images
   TO storepulse_query, storepulse_operator;
