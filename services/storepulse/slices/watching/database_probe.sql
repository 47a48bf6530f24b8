-- The statement of database_probe.py.

-- name: ask
SELECT 1;
