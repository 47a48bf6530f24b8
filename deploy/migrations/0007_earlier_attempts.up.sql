-- A delivery that is sent again becomes part of another request; its earlier attempts stay known.

ALTER TABLE deliveries ADD COLUMN earlier_batches uuid[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN deliveries.earlier_batches IS 'The requests that it was part of before it was sent again, oldest first';
