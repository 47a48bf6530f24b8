-- Keys, and the stores that they are for.

-- name: store_key
INSERT INTO api_keys (key_id, line_id, kind, key_hash, hint, store_id, scopes, origins)
VALUES (%(key_id)s, %(key_id)s, %(kind)s, %(key_hash)s, %(hint)s, %(store_id)s, %(scopes)s, %(origins)s)
ON CONFLICT (key_hash) DO UPDATE SET kind = api_keys.kind
RETURNING key_id;

-- name: store_domain
INSERT INTO stores (store_id, domain) VALUES (%(store_id)s, %(domain)s)
ON CONFLICT (store_id) DO UPDATE SET domain = EXCLUDED.domain;

-- name: all_keys
SELECT k.key_id, k.kind, k.key_hash, k.hint, k.store_id, k.scopes, k.origins,
       {is_over} AS revoked, k.expires_at
  FROM api_keys AS k
 ORDER BY k.created_at, k.key_id;

-- name: revoke
UPDATE api_keys SET revoked_at = now() WHERE key_id = %(key_id)s AND revoked_at IS NULL;
