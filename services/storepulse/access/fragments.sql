-- Fragments on keys and stores that several files share.

-- fragment: is_over
(revoked_at IS NOT NULL OR coalesce(expires_at <= now(), false))

-- fragment: zones
LEFT JOIN LATERAL (
       SELECT array_agg(from_day ORDER BY from_day) AS days, array_agg(zone ORDER BY from_day) AS zones
         FROM store_time_zones WHERE store_id = s.store_id) AS z ON true

-- fragment: used
-- Late events count where they are billed. For max and last, they change the closed month instead.
trim_scale(coalesce(CASE d.aggregation WHEN 'count' THEN u.count WHEN 'max' THEN u.max
                                       WHEN 'last' THEN u.last ELSE u.sum END, 0)
                  + coalesce(CASE WHEN d.aggregation = 'count' THEN e.count
                                  WHEN coalesce(d.aggregation, 'sum') = 'sum' THEN e.sum END, 0)
                  + coalesce(n.quantity, 0))
