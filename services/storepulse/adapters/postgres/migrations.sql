-- The migrations that a database has.

-- name: lock
SELECT pg_advisory_lock(%(lock)s);

-- name: create_table
CREATE TABLE IF NOT EXISTS schema_migrations (
    number     int PRIMARY KEY,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- name: recorded
SELECT number, checksum, applied_at FROM schema_migrations;

-- name: record
INSERT INTO schema_migrations (number, name, checksum)
VALUES (%(number)s, %(name)s, %(checksum)s);

-- name: forget
DELETE FROM schema_migrations WHERE number = %(number)s;

-- name: analyze
ANALYZE;
