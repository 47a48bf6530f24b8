-- Base configurations of pages.

-- fragment: columns
store_id, page_type, slug, page::text AS page, version, updated_at, updated_by

-- name: lock
SELECT pg_advisory_xact_lock(hashtextextended('storepulse.pages', uuid_hash_extended(%(store_id)s, 0)));

-- name: list_pages
SELECT {columns}
  FROM ab_pages
 WHERE store_id = %(store_id)s
   AND (%(page_type)s::text IS NULL OR page_type = %(page_type)s::text)
   AND (%(after_type)s::text IS NULL OR (page_type, slug) > (%(after_type)s::text, %(after_slug)s::text))
 ORDER BY page_type, slug
 LIMIT %(count)s;

-- name: page
SELECT {columns} FROM ab_pages WHERE store_id = %(store_id)s AND page_type = %(page_type)s AND slug = %(slug)s;

-- name: count_pages
SELECT count(*) FROM ab_pages WHERE store_id = %(store_id)s;

-- name: set_page
INSERT INTO ab_pages AS t (store_id, page_type, slug, page, updated_at, updated_by)
VALUES (%(store_id)s, %(page_type)s, %(slug)s, %(page)s::text::jsonb, %(now)s, %(who)s)
ON CONFLICT (store_id, page_type, slug) DO UPDATE
   SET page = excluded.page, version = t.version + 1, updated_at = excluded.updated_at,
       updated_by = excluded.updated_by;
