-- Secrets of stores: what their servers sign with, and what other systems sign with for them.
--
-- They are sealed with the installation's key; the gateway opens them. A kind has at most two at a
-- time, so that senders change over without a call lost.

CREATE TABLE store_secrets (
    secret_id  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    store_id   uuid NOT NULL REFERENCES stores ON DELETE CASCADE,
    kind       text NOT NULL CHECK (kind IN ('signing', 'shopify', 'telegram_bot_token', 'telegram_bot_id')),
    sealed     bytea NOT NULL,
    added_at   timestamptz NOT NULL,
    added_by   text NOT NULL,
    retired_at timestamptz,
    changed_in xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX store_secrets_of_store ON store_secrets (store_id, kind, added_at);
CREATE INDEX store_secrets_changed ON store_secrets (changed_in);
COMMENT ON COLUMN store_secrets.sealed IS 'Empty once it is retired for good';
COMMENT ON COLUMN store_secrets.retired_at IS 'From then on it counts no more; null: it has no end';
COMMENT ON COLUMN store_secrets.changed_in IS
    'The transaction that changed the row last: services read what is new by it';
CREATE TRIGGER note_change BEFORE INSERT OR UPDATE ON store_secrets
    FOR EACH ROW EXECUTE FUNCTION note_change();

GRANT SELECT ON store_secrets TO storepulse_gateway;
GRANT SELECT, INSERT, UPDATE ON store_secrets TO storepulse_query, storepulse_operator;
