-- What several files say of keys.

-- fragment: is_over
(revoked_at IS NOT NULL OR coalesce(expires_at <= now(), false))
