-- Databases of worlds: new ones, and copies of a migrated one.

-- name: create
CREATE DATABASE {database};

-- name: clone
CREATE DATABASE {database} TEMPLATE {template};

-- name: drop
DROP DATABASE IF EXISTS {database} WITH (FORCE);
