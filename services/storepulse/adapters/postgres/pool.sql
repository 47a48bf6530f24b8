-- What a pool asks.

-- name: begin
BEGIN;
