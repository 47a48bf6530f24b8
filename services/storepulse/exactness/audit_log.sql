-- Results of audits.

-- name: add
INSERT INTO audits (part, accepted, applied, duplicates, dead, in_flight, findings)
VALUES (%(part)s, %(accepted)s, %(applied)s, %(duplicates)s, %(dead)s, %(in_flight)s, %(findings)s);

-- name: begin_if_due
SELECT NOT EXISTS (SELECT FROM audits WHERE at > now() - %(seconds)s * interval '1 second')
   AND pg_try_advisory_lock(hashtext('storepulse.audit'));
