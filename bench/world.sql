-- Databases of worlds: new ones, and copies of a migrated one.

-- name: create
CREATE DATABASE {database} OWNER {owner};

-- name: clone
CREATE DATABASE {database} OWNER {owner} TEMPLATE {template};

-- name: drop
DROP DATABASE IF EXISTS {database} WITH (FORCE);
