-- The databases of a run.

-- name: ensure_partitions
SELECT ensure_partitions(now());

-- name: checkpoint
CHECKPOINT;
