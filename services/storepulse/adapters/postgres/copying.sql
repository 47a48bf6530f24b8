-- Copies into any table; its columns are those that the data has.

-- name: text
COPY {table} ({columns}) FROM STDIN (FORMAT csv);

-- name: binary
COPY {table} ({columns}) FROM STDIN (FORMAT binary);
