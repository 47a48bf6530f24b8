-- Work that one connection does at a time.

-- name: try_alone
SELECT pg_try_advisory_lock(hashtext(%(work)s));
