-- Names that are in the figures. The gateway reads them at startup to tell new names from old.
--
-- A name is the first eight bytes of the SHA-256 of its text. Each statement returns a kind's names
-- as one sorted value, so that the reader has nothing to parse; null if there are none. %(names)s,
-- %(rows)s and the tables' keys bound how much is read; no statement scans a whole table.

-- name: limit
SET LOCAL statement_timeout = '20s';

-- fragment: seen
-- Each stream's stores with their newest hour: a loose index scan of the key, from its end.
newest AS (
    (SELECT stream, store_id, hour FROM ledger_counts
      ORDER BY stream DESC, store_id DESC, hour DESC LIMIT 1)
     UNION ALL
    SELECT earlier.*
      FROM newest
     CROSS JOIN LATERAL (
           SELECT c.stream, c.store_id, c.hour FROM ledger_counts c
            WHERE (c.stream, c.store_id) < (newest.stream, newest.store_id)
            ORDER BY c.stream DESC, c.store_id DESC, c.hour DESC LIMIT 1) AS earlier
), seen AS (
    SELECT store_id, max(hour) AS hour
      FROM (SELECT store_id, hour FROM newest
             UNION ALL SELECT store_id, created_at FROM stores) AS every
     GROUP BY store_id
)

-- name: recent_stores
WITH RECURSIVE {seen}
SELECT store_id::text FROM seen ORDER BY hour DESC, store_id LIMIT %(stores)s;

-- name: store
WITH RECURSIVE {seen}
SELECT string_agg(hash, ''::bytea ORDER BY hash)
  FROM (SELECT substr(text_hash(store_id::text), 1, 8) AS hash
          FROM seen ORDER BY seen.hour DESC LIMIT %(names)s) AS known;

-- name: landing_page
-- For all stores: a loose index scan of the key, which starts with the landing page.
WITH RECURSIVE ids AS (
    (SELECT landing_page_id FROM landing_hourly ORDER BY landing_page_id LIMIT 1)
     UNION ALL
    SELECT later.landing_page_id
      FROM ids
     CROSS JOIN LATERAL (
           SELECT h.landing_page_id FROM landing_hourly h
            WHERE h.landing_page_id > ids.landing_page_id
            ORDER BY h.landing_page_id LIMIT 1) AS later
)
SELECT string_agg(hash, ''::bytea ORDER BY hash)
  FROM (SELECT substr(text_hash(landing_page_id), 1, 8) AS hash FROM ids LIMIT %(names)s) AS known;

-- name: page
-- The newest pages of a store, from heatmaps and page views. OFFSET 0 makes the planner use the
-- store's part of the index, even if few of the table's newest pages are the store's.
WITH own AS (
    SELECT page_hash, row_number() OVER (ORDER BY page_id DESC) AS place
      FROM (SELECT page_id, page_hash FROM pages WHERE store_id = %(store_id)s OFFSET 0) AS every
     ORDER BY page_id DESC LIMIT %(names)s
), viewed AS (
    SELECT page_hash, row_number() OVER (ORDER BY day DESC) AS place
      FROM pages_daily WHERE store_id = %(store_id)s
     ORDER BY day DESC LIMIT %(rows)s
)
SELECT string_agg(hash, ''::bytea ORDER BY hash)
  FROM (SELECT substr(page_hash, 1, 8) AS hash
          FROM (SELECT * FROM own UNION ALL SELECT * FROM viewed) AS named
         GROUP BY page_hash ORDER BY min(place) LIMIT %(names)s) AS known;

-- name: event_name
-- The newest names of a store's custom events.
WITH told AS (
    SELECT name_hash, row_number() OVER (ORDER BY day DESC) AS place
      FROM custom_events_daily WHERE store_id = %(store_id)s
     ORDER BY day DESC LIMIT %(rows)s
)
SELECT string_agg(hash, ''::bytea ORDER BY hash)
  FROM (SELECT substr(name_hash, 1, 8) AS hash
          FROM told GROUP BY name_hash ORDER BY min(place) LIMIT %(names)s) AS known;

-- name: selector
-- The selectors of a store's newest pages, from the newest rows of each: the fewer pages, the more
-- rows of each.
WITH own AS MATERIALIZED (
    SELECT page_id
      FROM (SELECT page_id FROM pages WHERE store_id = %(store_id)s OFFSET 0) AS every
     ORDER BY page_id DESC LIMIT %(names)s
), used AS (
    SELECT element.selector
      FROM own
     CROSS JOIN LATERAL (
           SELECT e.selector FROM heatmap_elements e WHERE e.page_id = own.page_id
            ORDER BY e.hour DESC
            LIMIT (SELECT greatest(%(rows)s / greatest(count(*), 1), 100) FROM own)) AS element
     LIMIT %(rows)s
)
SELECT string_agg(hash, ''::bytea ORDER BY hash)
  FROM (SELECT substr(text_hash(selector), 1, 8) AS hash
          FROM (SELECT DISTINCT selector FROM used LIMIT %(names)s) AS distinct_ones) AS known;
