-- Keys.

-- fragment: columns
k.key_id, k.line_id, k.kind, k.hint, k.name, k.store_id, k.scopes, k.origins,
       k.created_at, k.created_by, k.expires_at, k.revoked_at, k.revoked_by,
       CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked'
            WHEN k.expires_at <= now() THEN 'expired' ELSE 'active' END AS status

-- name: insert
INSERT INTO api_keys (key_id, line_id, kind, key_hash, hint, name, store_id, scopes, origins,
                      created_by, expires_at)
VALUES (%(key_id)s, %(line_id)s, %(kind)s, %(key_hash)s, %(hint)s, %(name)s, %(store_id)s,
        %(scopes)s, %(origins)s, %(created_by)s, %(expires_at)s)
ON CONFLICT (key_hash) DO NOTHING;

-- name: id_of_hash
SELECT key_id FROM api_keys WHERE key_hash = %(key_hash)s;

-- name: all_keys
SELECT key_id, kind, key_hash, hint, store_id, scopes, origins, {is_over} AS revoked, expires_at
  FROM api_keys
 ORDER BY created_at, key_id;

-- name: page
SELECT {columns}
  FROM api_keys AS k
 WHERE (%(store_id)s::uuid IS NULL OR k.store_id = %(store_id)s::uuid)
   AND (%(with_ended)s OR NOT {is_over})
   AND (%(before)s::timestamptz IS NULL
        OR (k.created_at, k.key_id) < (%(before)s::timestamptz, %(before_id)s::uuid))
 ORDER BY k.created_at DESC, k.key_id DESC
 LIMIT %(count)s;

-- name: key
SELECT {columns} FROM api_keys AS k WHERE k.key_id = %(key_id)s;

-- name: locked
SELECT {columns} FROM api_keys AS k WHERE k.key_id = %(key_id)s FOR UPDATE;

-- name: count_active
SELECT count(*) FROM api_keys WHERE line_id = %(line_id)s AND NOT {is_over};

-- name: update
UPDATE api_keys SET name = %(name)s, origins = %(origins)s WHERE key_id = %(key_id)s;

-- name: end_at
UPDATE api_keys SET expires_at = least(expires_at, %(expires_at)s) WHERE key_id = %(key_id)s;

-- name: revoke
UPDATE api_keys SET revoked_at = now(), revoked_by = %(who)s
 WHERE key_id = %(key_id)s AND revoked_at IS NULL
RETURNING store_id, hint;
