-- Who is signed in to the console, and links that sign in once.
--
-- A session and a link stand for a key and may no more than it does: whoever ends the key ends them. Of
-- their own secrets only hashes are stored, as of keys.

CREATE TABLE console_sessions (
    session_hash bytea PRIMARY KEY,
    key_id       uuid NOT NULL REFERENCES api_keys ON DELETE CASCADE,
    began_at     timestamptz NOT NULL,
    seen_at      timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL
);
CREATE INDEX console_sessions_of_key ON console_sessions (key_id, began_at);
CREATE INDEX console_sessions_by_end ON console_sessions (ends_at);
COMMENT ON COLUMN console_sessions.session_hash IS 'SHA-256 of what the cookie holds';
COMMENT ON COLUMN console_sessions.seen_at IS 'When its end was moved last: not with every request';

CREATE TABLE sign_in_links (
    link_hash bytea PRIMARY KEY,
    key_id    uuid NOT NULL REFERENCES api_keys ON DELETE CASCADE,
    ends_at   timestamptz NOT NULL,
    used_at   timestamptz
);
CREATE INDEX sign_in_links_by_end ON sign_in_links (ends_at);
COMMENT ON COLUMN sign_in_links.link_hash IS 'SHA-256 of what stands behind the # of the link';

GRANT SELECT, INSERT, DELETE, UPDATE (seen_at, ends_at) ON console_sessions TO storepulse_query;
GRANT SELECT, UPDATE (used_at) ON sign_in_links TO storepulse_query;
GRANT SELECT, DELETE ON console_sessions, sign_in_links TO storepulse_delivery, storepulse_operator;
GRANT INSERT ON sign_in_links TO storepulse_operator;
