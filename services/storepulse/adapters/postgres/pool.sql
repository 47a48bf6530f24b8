-- Statements of the pool itself.

-- name: begin
BEGIN;
