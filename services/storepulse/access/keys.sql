-- Keys, and the stores that they are for.

-- name: store_key
INSERT INTO api_keys (kind, key_hash, hint, store_id, scopes, origins)
VALUES (%(kind)s, %(key_hash)s, %(hint)s, %(store_id)s, %(scopes)s, %(origins)s)
ON CONFLICT (key_hash) DO UPDATE SET kind = api_keys.kind
RETURNING key_id;

-- name: store_domain
INSERT INTO stores (store_id, domain) VALUES (%(store_id)s, %(domain)s)
ON CONFLICT (store_id) DO UPDATE SET domain = EXCLUDED.domain;

-- name: all_keys
SELECT k.key_id, k.kind, k.key_hash, k.hint, k.store_id, k.scopes, k.origins,
       k.revoked_at IS NOT NULL AS revoked, s.domain
  FROM api_keys AS k LEFT JOIN stores AS s ON s.store_id = k.store_id
 ORDER BY k.created_at, k.key_id;

-- name: revoke
UPDATE api_keys SET revoked_at = now() WHERE key_id = %(key_id)s AND revoked_at IS NULL;
