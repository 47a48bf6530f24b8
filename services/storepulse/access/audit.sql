-- The audit trail of administration.

-- name: write
INSERT INTO admin_audit (who, store_id, action, object, change)
VALUES (%(who)s, %(store_id)s, %(action)s, %(object)s, %(change)s);

-- name: page
SELECT audit_id, at, who, store_id, action, object, change
  FROM admin_audit
 WHERE (%(store_id)s::uuid IS NULL OR store_id = %(store_id)s::uuid)
   AND (%(object)s::text IS NULL OR object = %(object)s::text)
   AND (%(before)s::timestamptz IS NULL
        OR (at, audit_id) < (%(before)s::timestamptz, %(before_id)s::uuid))
 ORDER BY at DESC, audit_id DESC
 LIMIT %(count)s;
