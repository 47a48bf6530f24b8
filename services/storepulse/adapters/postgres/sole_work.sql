-- Exclusive work of one connection.

-- name: try_alone
SELECT pg_try_advisory_lock(hashtext(%(work)s));
