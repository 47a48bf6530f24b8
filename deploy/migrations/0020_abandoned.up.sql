-- Carts by session: what is told of a cart that was left behind is made of these rows.

-- How long after its last step a cart of a store counts as abandoned; null where the store wants nothing of
-- it. What this version does not know counts as the default.
CREATE FUNCTION abandoned_delay(settings jsonb) RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN settings ->> 'abandoned_minutes' ~ '^[0-9]{1,4}$'
            THEN nullif((settings ->> 'abandoned_minutes')::int, 0) * interval '1 minute'
            ELSE interval '60 minutes' END;

CREATE TABLE session_carts (
    store_id           uuid NOT NULL,
    session_id         text COLLATE "C" NOT NULL,
    step_word          text COLLATE "C",
    step_at            timestamptz,
    step_received_at   timestamptz,
    added_at           timestamptz,
    checkout_at        timestamptz,
    purchased_at       timestamptz,
    visitor_id         text,
    visitor_word       text COLLATE "C",
    customer_id        text,
    customer_word      text COLLATE "C",
    email_hash         text,
    email_word         text COLLATE "C",
    country            text,
    consent_analytics  text,
    consent_marketing  text,
    due_at             timestamptz,
    abandoned_at       timestamptz,
    abandoned_type     text,
    abandoned_event_id uuid,
    abandoned_value    numeric(18, 4),
    abandoned_currency text,
    PRIMARY KEY (store_id, session_id)
) WITH (fillfactor = 80);
CREATE INDEX session_carts_due ON session_carts (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX session_carts_newest ON session_carts (store_id, step_at DESC, session_id) WHERE step_at IS NOT NULL;
COMMENT ON COLUMN session_carts.step_word IS
    'Time, event id and stream of the last step, which is an add or a begun checkout; the greatest counts';
COMMENT ON COLUMN session_carts.step_at IS 'When it happened, at the latest when it was received; so are the other times';
COMMENT ON COLUMN session_carts.country IS 'Of the last step, as is consent';
COMMENT ON COLUMN session_carts.due_at IS
    'When the cart counts as abandoned; null once that is told, after a purchase, and where the store wants nothing of it';
COMMENT ON COLUMN session_carts.abandoned_at IS 'due_at of what was told last, as are type, id and value';

GRANT SELECT, INSERT, UPDATE ON session_carts TO storepulse_agents;
GRANT SELECT ON session_carts TO storepulse_query, storepulse_operator;
GRANT EXECUTE ON FUNCTION abandoned_delay TO storepulse_agents, storepulse_query, storepulse_operator;
