-- Cart tracking: rows, hourly counts, products, conversion of images to carts.

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
CREATE INDEX cart_tracking_events_email ON cart_tracking_events (customer_email);
CREATE INDEX cart_tracking_events_product ON cart_tracking_events (product_id);
CREATE INDEX cart_tracking_events_session ON cart_tracking_events (session_id);
CREATE INDEX cart_tracking_events_newest ON cart_tracking_events (store_id, occurred_at DESC, event_id);
CREATE INDEX cart_tracking_events_store_created ON cart_tracking_events (store_name, created_at);
INSERT INTO partitioned_tables (parent, unit, keep) VALUES ('cart_tracking_events', 'month', interval '13 months');

CREATE TABLE cart_hourly (
    store_id         uuid NOT NULL,
    hour             timestamptz NOT NULL,
    store_name       text NOT NULL,
    is_bot           boolean NOT NULL,
    carts            bigint NOT NULL,
    generated_images bigint NOT NULL,
    person_images    bigint NOT NULL,
    clothing_images  bigint NOT NULL,
    PRIMARY KEY (store_id, hour, store_name, is_bot)
);
COMMENT ON COLUMN cart_hourly.generated_images IS
    'Carts that name a generated image; generated_images / carts is the image-to-cart conversion';

CREATE TABLE cart_products_daily (
    store_id         uuid NOT NULL,
    day              date NOT NULL,
    product_id       text NOT NULL,
    is_bot           boolean NOT NULL,
    product_title    text,
    carts            bigint NOT NULL,
    generated_images bigint NOT NULL,
    PRIMARY KEY (store_id, day, product_id, is_bot)
);

GRANT SELECT, INSERT ON cart_tracking_events TO storepulse_agents;
GRANT SELECT, INSERT, UPDATE ON cart_hourly, cart_products_daily TO storepulse_agents;
GRANT SELECT ON cart_tracking_events, cart_hourly, cart_products_daily
   TO storepulse_query, storepulse_operator;
