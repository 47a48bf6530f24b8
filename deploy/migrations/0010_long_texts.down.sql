DROP TABLE halted_partitions;
ALTER TABLE pages DROP CONSTRAINT pages_store_id_page_hash_key;
ALTER TABLE pages DROP COLUMN page_hash, ADD CONSTRAINT pages_store_id_page_key UNIQUE (store_id, page);
DROP FUNCTION text_hash(text);
