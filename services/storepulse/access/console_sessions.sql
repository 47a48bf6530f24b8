-- Sessions of the console, and sign-in links.

-- fragment: key_columns
k.key_id, k.kind, k.key_hash, k.hint, k.store_id, k.scopes, k.origins, k.expires_at, {is_over} AS revoked

-- name: key
SELECT {key_columns} FROM api_keys AS k WHERE k.key_hash = %(key_hash)s;

-- name: use_link
-- If two requests use one link, the second waits for the first, and finds the link used.
WITH used AS (
    UPDATE sign_in_links SET used_at = %(now)s
     WHERE link_hash = %(link_hash)s AND used_at IS NULL AND ends_at > %(now)s
    RETURNING key_id
)
SELECT {key_columns} FROM used JOIN api_keys AS k USING (key_id);

-- name: make_link
INSERT INTO sign_in_links (link_hash, key_id, ends_at)
VALUES (%(link_hash)s, %(key_id)s, %(ends_at)s);

-- name: begin
INSERT INTO console_sessions (session_hash, key_id, began_at, seen_at, ends_at)
VALUES (%(session_hash)s, %(key_id)s, %(now)s, %(now)s, %(ends_at)s);

-- name: end_surplus
-- The oldest sessions of a key beyond the maximum.
DELETE FROM console_sessions
 WHERE session_hash IN (SELECT session_hash FROM console_sessions WHERE key_id = %(key_id)s
                         ORDER BY began_at DESC, session_hash OFFSET %(most)s);

-- name: session
SELECT s.session_hash, s.began_at, s.seen_at, s.ends_at, {key_columns}
  FROM console_sessions AS s JOIN api_keys AS k USING (key_id)
 WHERE s.session_hash = %(session_hash)s;

-- name: extend
UPDATE console_sessions SET seen_at = %(now)s, ends_at = %(ends_at)s
 WHERE session_hash = %(session_hash)s AND ends_at > %(now)s;

-- name: end
DELETE FROM console_sessions WHERE session_hash = %(session_hash)s;
