-- What COPY can do here without indexes.

-- name: create_table
CREATE TABLE plain (id uuid, number int);

-- name: copy_rows
COPY plain FROM STDIN;
