-- Parts of statements, by which the others of this folder name them in braces: `{follows}`. A ranked list is
-- in the order of its place: a number, by which the least comes first, or a text, which goes either way;
-- then an id. The other of the two is null. `query/ranking.py` says the rest.

-- fragment: sign
CASE WHEN %(is_ascending)s::boolean THEN 1 ELSE -1 END

-- fragment: last_place
-- Of entries that have no figure: behind all others, whichever come first.
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
