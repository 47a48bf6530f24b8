-- An agent's statements besides those of its slices.

-- name: ensure_partitions
SELECT ensure_partitions(now());
