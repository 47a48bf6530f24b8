-- Customers: who a visitor, an e-mail address, a Telegram or tracking id and an order belong to.

-- From the weakest to the strongest. A link leads from a weaker to a stronger one, never back.
CREATE TYPE identity_kind AS ENUM ('order', 'visitor', 'tracking', 'telegram', 'email', 'customer');

CREATE TABLE identities (
    store_id      uuid NOT NULL,
    kind          identity_kind NOT NULL,
    value         text COLLATE "C" NOT NULL,
    to_kind       identity_kind,
    to_value      text COLLATE "C",
    link_word     text COLLATE "C",
    first_seen    timestamptz,
    last_seen     timestamptz,
    email         text,
    first_name    text,
    last_name     text,
    name_word     text COLLATE "C",
    campaign_id   text,
    tracking_id   text,
    campaign_word text COLLATE "C",
    PRIMARY KEY (store_id, kind, value),
    CHECK (to_kind > kind)
) WITH (fillfactor = 90);
CREATE INDEX identities_linked ON identities (store_id, to_kind, to_value) WHERE to_kind IS NOT NULL;
COMMENT ON COLUMN identities.value IS
    'Shop''s id of the customer, SHA-256 of the e-mail address, Telegram id, tracking id, visitor_id, order''s bare number';
COMMENT ON COLUMN identities.to_kind IS 'What it belongs to by its link with the greatest word; null: to nobody else';
COMMENT ON COLUMN identities.link_word IS '1 for a person or 0 for a tracking id, time, event id, stream; of an order kind and trust, then the same';
COMMENT ON COLUMN identities.first_seen IS 'Of the events that name nothing stronger, as are names and campaign';
COMMENT ON COLUMN identities.email IS 'In lower case; of the kind email, where an event states more than the hash';

-- Every link that was told, also those that a later one has overruled. Orders have none here.
CREATE TABLE identity_links (
    store_id uuid NOT NULL,
    kind     identity_kind NOT NULL,
    value    text COLLATE "C" NOT NULL,
    to_kind  identity_kind NOT NULL,
    to_value text COLLATE "C" NOT NULL,
    word     text COLLATE "C" NOT NULL,
    told_at  timestamptz NOT NULL,
    PRIMARY KEY (store_id, kind, value, to_kind, to_value)
);
CREATE INDEX identity_links_to ON identity_links (store_id, to_kind, to_value);
COMMENT ON COLUMN identity_links.word IS 'The greatest, as link_word; told_at is its time';

-- Identities that an event named and nothing stronger beside them. Who got a link since is kept, so that
-- whoever copies customers learns of it.
CREATE TABLE customers (
    store_id   uuid NOT NULL,
    id         uuid NOT NULL,
    kind       identity_kind NOT NULL,
    value      text COLLATE "C" NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (store_id, id)
);
CREATE INDEX customers_changed ON customers (store_id, updated_at, id);
COMMENT ON COLUMN customers.id IS 'customer_key() of the others: the same in every order of arrival';
COMMENT ON COLUMN customers.updated_at IS
    'Begin of the last transaction that changed what the customer''s figures are made of';

CREATE TABLE customer_counts (
    store_id  uuid NOT NULL,
    shard     smallint NOT NULL,
    customers bigint NOT NULL,
    PRIMARY KEY (store_id, shard)
);
COMMENT ON TABLE customer_counts IS 'Rows of customers, added up over the shards, so that workers do not wait for each other';

CREATE FUNCTION customer_key(store_id uuid, kind identity_kind, value text) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT substring(encode(text_hash(store_id || ':' || kind || ':' || value), 'hex') FOR 32)::uuid;
END;

-- Locks the identities in stage_identities, which are made where they are new, those of all numbers of
-- touched_orders, whose locks the caller has, and everything that these belong to. One kind after the
-- other and each in order of value: since links lead to stronger kinds only, nobody waits in a circle, and
-- whoever finds a row here finds what it belongs to locked as well. stage_locked_identities takes the
-- rows as they were. Returns one row for each.
CREATE FUNCTION lock_identities() RETURNS SETOF uuid
LANGUAGE plpgsql AS $$
DECLARE
    each identity_kind;
BEGIN
    FOREACH each IN ARRAY enum_range(NULL::identity_kind) LOOP
        INSERT INTO identities (store_id, kind, value)
        SELECT s.store_id, s.kind, s.value FROM stage_identities AS s
         WHERE s.kind = each
         ORDER BY s.store_id, s.value
            ON CONFLICT DO NOTHING;
        RETURN QUERY
        INSERT INTO stage_locked_identities AS l
        SELECT i.store_id, i.kind, i.value, i.to_kind, i.to_value
          FROM (SELECT s.store_id, s.value FROM stage_identities AS s WHERE s.kind = each
                 UNION
                SELECT l.store_id, l.to_value FROM stage_locked_identities AS l
                 WHERE l.to_kind = each
                 UNION
                SELECT t.store_id, t.number COLLATE "C"
                  FROM touched_orders JOIN order_tellings AS t USING (store_id, order_id)
                 WHERE each = 'order') AS asked
          JOIN identities AS i
            ON i.store_id = asked.store_id AND i.kind = each AND i.value = asked.value
         ORDER BY i.store_id, i.value
           FOR NO KEY UPDATE OF i
        RETURNING l.store_id;
    END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE ON identities, identity_links, customers, customer_counts
   TO storepulse_agents;
GRANT SELECT ON identities, identity_links, customers, customer_counts
   TO storepulse_query, storepulse_operator;
GRANT EXECUTE ON FUNCTION lock_identities TO storepulse_agents;
GRANT EXECUTE ON FUNCTION customer_key TO storepulse_agents, storepulse_query, storepulse_operator;
