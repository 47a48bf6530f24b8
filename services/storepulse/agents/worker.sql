-- What an agent asks of the database besides its slices.

-- name: ensure_partitions
SELECT ensure_partitions(now());
