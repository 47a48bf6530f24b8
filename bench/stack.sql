-- Databases of the bench, each a copy of a migrated one.

-- name: create
CREATE DATABASE {database};

-- name: clone
CREATE DATABASE {database} TEMPLATE {template};

-- name: drop
DROP DATABASE IF EXISTS {database} WITH (FORCE);

-- name: ensure_partitions
SELECT ensure_partitions(now());

-- name: checkpoint
CHECKPOINT;
