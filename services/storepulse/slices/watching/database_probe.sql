-- What database_probe.py asks.

-- name: ask
SELECT 1;
