-- Fragments shared by the statements of this folder, which use them in braces: `{follows}`. A ranked list is
-- ordered by its place: a number, always ascending, or a text, in either direction; then an id. The other of
-- number and text is null. See also `query/ranking.py`.

-- fragment: sign
CASE WHEN %(is_ascending)s::boolean THEN 1 ELSE -1 END

-- fragment: last_place
-- The place of entries without the figure: after all others in both directions.
4611686018427387904

-- fragment: follows
(%(after_id)s::text IS NULL
        OR place_number > %(after_number)s::bigint
        OR CASE WHEN %(is_ascending)s::boolean THEN place_text > %(after_text)s::text COLLATE "C"
                ELSE place_text < %(after_text)s::text COLLATE "C" END
        OR (place_number = %(after_number)s::bigint OR place_text = %(after_text)s::text COLLATE "C")
       AND place_id COLLATE "C" > %(after_id)s::text)

-- fragment: in_order
place_number, CASE WHEN %(is_ascending)s::boolean THEN place_text END,
          CASE WHEN NOT %(is_ascending)s::boolean THEN place_text END DESC, place_id COLLATE "C"
