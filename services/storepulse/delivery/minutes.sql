-- The attempts of a process in each minute, with their durations.

-- name: write
-- Replaces the whole row, so that a retry after a commit whose answer was lost counts nothing twice.
INSERT INTO delivery_minutes
       (destination_id, minute, process, delivered, failed, delivered_at, failed_at, failed_status,
        failed_error)
VALUES (%(destination_id)s, %(minute)s, %(process)s, %(delivered)s::int[], %(failed)s,
        %(delivered_at)s, %(failed_at)s, %(failed_status)s, %(failed_error)s)
ON CONFLICT (destination_id, minute, process) DO UPDATE
   SET delivered = EXCLUDED.delivered, failed = EXCLUDED.failed,
       delivered_at = EXCLUDED.delivered_at, failed_at = EXCLUDED.failed_at,
       failed_status = EXCLUDED.failed_status, failed_error = EXCLUDED.failed_error;
