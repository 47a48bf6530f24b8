COMMENT ON COLUMN partitioned_tables.keep IS NULL;
UPDATE partitioned_tables SET keep = interval '90 days' WHERE keep IS NULL;
ALTER TABLE partitioned_tables ALTER COLUMN keep SET NOT NULL;
DROP TABLE dead_letters_removed;
DROP TABLE deliveries_removed;
