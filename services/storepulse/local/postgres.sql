-- Statements of `storepulse up` and `status` about the server itself.

-- name: find_database
SELECT FROM pg_database WHERE datname = %(name)s;

-- name: create_database
CREATE DATABASE {database} OWNER {owner};

-- name: close_database
REVOKE ALL ON DATABASE {database} FROM PUBLIC;

-- name: answer
SELECT;
