-- COPY into any table, with the data's columns.

-- name: text
COPY {table} ({columns}) FROM STDIN (FORMAT csv);

-- name: binary
COPY {table} ({columns}) FROM STDIN (FORMAT binary);
