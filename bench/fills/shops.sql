-- Stores, and what is kept of each.

-- name: partitions
SELECT ensure_partitions(now() - months * interval '1 month') FROM generate_series(0, 3) AS months;

-- name: stores
INSERT INTO stores (store_id, domain, name)
SELECT ('6f1f3c1e-8c9b-5d3a-9a52-' || lpad(to_hex(n), 12, '0'))::uuid, 'shop-' || n || '.example',
       'Shop ' || n
  FROM generate_series(0, 199) AS n
ON CONFLICT DO NOTHING;

-- name: api_keys
INSERT INTO api_keys (line_id, kind, key_hash, hint, store_id, created_at)
SELECT gen_random_uuid(), 'publishable', sha256(n::text::bytea), 'spk_' || n,
       ('6f1f3c1e-8c9b-5d3a-9a52-' || lpad(to_hex(n %% 200), 12, '0'))::uuid,
       %(now)s::timestamptz - n * interval '1 hour'
  FROM generate_series(1, 1000) AS n;

-- name: admin_audit
INSERT INTO admin_audit (at, who, store_id, action, object)
SELECT %(now)s::timestamptz - n * interval '10 minutes', 'cli',
       ('6f1f3c1e-8c9b-5d3a-9a52-' || lpad(to_hex(n %% 200), 12, '0'))::uuid, 'key_created', 'key-' || n
  FROM generate_series(1, 10000) AS n;

-- name: store_secrets
INSERT INTO store_secrets (store_id, kind, sealed, added_at, added_by)
SELECT store_id, kind, sha256(kind::bytea), %(now)s::timestamptz - place * interval '1 day', 'bench'
  FROM stores CROSS JOIN unnest(ARRAY['signing', 'shopify']) AS kind CROSS JOIN generate_series(1, 2) AS place;
