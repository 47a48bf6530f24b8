-- Sessions of the console and links that begin one, once they have ended.

-- name: console_sessions
DELETE FROM console_sessions
 WHERE session_hash IN (SELECT session_hash FROM console_sessions
                         WHERE ends_at <= %(before)s ORDER BY ends_at LIMIT %(count)s);

-- name: sign_in_links
DELETE FROM sign_in_links
 WHERE link_hash IN (SELECT link_hash FROM sign_in_links
                      WHERE ends_at <= %(before)s ORDER BY ends_at LIMIT %(count)s);
