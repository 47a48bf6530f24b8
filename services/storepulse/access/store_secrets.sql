-- Secrets of stores.

-- fragment: counts
(retired_at IS NULL OR retired_at > %(now)s)

-- name: active
SELECT secret_id, kind, added_at, added_by, retired_at
  FROM store_secrets
 WHERE store_id = %(store_id)s AND {counts}
 ORDER BY kind, added_at DESC, secret_id;

-- name: locked
SELECT secret_id, sealed
  FROM store_secrets
 WHERE store_id = %(store_id)s AND kind = %(kind)s AND {counts}
 ORDER BY added_at DESC, secret_id
   FOR UPDATE;

-- name: insert
INSERT INTO store_secrets (store_id, kind, sealed, added_at, added_by)
VALUES (%(store_id)s, %(kind)s, %(sealed)s, %(now)s, %(added_by)s);

-- name: retire
UPDATE store_secrets SET retired_at = least(retired_at, %(retired_at)s)
 WHERE secret_id = ANY(%(secret_ids)s);

-- name: forget
-- Secrets that are no longer valid are erased from the table.
UPDATE store_secrets SET sealed = ''
 WHERE store_id = %(store_id)s AND kind = %(kind)s AND retired_at <= %(now)s AND sealed <> '';
