-- Pictures of pages under heatmaps: one per page and class of device.

-- name: patterns
SELECT pattern
  FROM stores
 CROSS JOIN jsonb_array_elements_text(settings -> 'page_patterns')
            WITH ORDINALITY AS listed (pattern, place)
 WHERE store_id = %(store_id)s
 ORDER BY place;

-- name: selectors
-- The elements of a page with the most events, whose positions are determined when a picture is
-- taken.
SELECT selector
  FROM heatmap_elements JOIN pages USING (page_id)
 WHERE store_id = %(store_id)s AND page_hash = text_hash(%(page)s) AND selector <> ''
 GROUP BY selector
 ORDER BY sum(clicks) DESC, sum(hovers) DESC, selector
 LIMIT %(count)s;

-- name: put
INSERT INTO heatmap_pictures (picture_id, store_id, page, device, media_type, width, height, picture,
                              elements, source, taken_at, taken_by)
VALUES (%(picture_id)s, %(store_id)s, %(page)s, %(device)s, %(media_type)s, %(width)s, %(height)s,
        %(picture)b, %(elements)s, %(source)s, %(taken_at)s, %(taken_by)s)
ON CONFLICT (store_id, page_hash, device) DO UPDATE
   SET picture_id = excluded.picture_id, media_type = excluded.media_type, width = excluded.width,
       height = excluded.height, picture = excluded.picture, elements = excluded.elements,
       source = excluded.source, taken_at = excluded.taken_at, taken_by = excluded.taken_by;

-- name: of_page
-- Accepts several names, because the page may have been counted under another one.
SELECT picture_id, page, device::text AS device, media_type, width, height,
       octet_length(picture) AS bytes, elements, source, taken_at, taken_by
  FROM heatmap_pictures
 WHERE store_id = %(store_id)s
   AND page_hash IN (SELECT text_hash(name) FROM unnest(%(names)s::text[]) AS name)
 ORDER BY device, page;

-- name: file
SELECT media_type, picture FROM heatmap_pictures
 WHERE store_id = %(store_id)s AND picture_id = %(picture_id)s;

-- name: remove
DELETE FROM heatmap_pictures
 WHERE store_id = %(store_id)s AND picture_id = %(picture_id)s
RETURNING page, device::text AS device;
