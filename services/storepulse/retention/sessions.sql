-- Ended sessions of the console, and expired sign-in links.

-- fragment: ended
ends_at <= %(before)s

-- name: count_console_sessions
SELECT count(*) FROM console_sessions WHERE {ended};

-- name: delete_console_sessions
DELETE FROM console_sessions
 WHERE session_hash IN (SELECT session_hash FROM console_sessions
                         WHERE {ended} ORDER BY ends_at LIMIT %(count)s);

-- name: count_sign_in_links
SELECT count(*) FROM sign_in_links WHERE {ended};

-- name: delete_sign_in_links
DELETE FROM sign_in_links
 WHERE link_hash IN (SELECT link_hash FROM sign_in_links
                      WHERE {ended} ORDER BY ends_at LIMIT %(count)s);
