-- The services' roles. PostgreSQL itself formats the statements that take no parameters: each row
-- is one.

-- name: lock
-- Roles belong to all databases of a server, so this lock serializes their creation.
SELECT pg_advisory_xact_lock(hashtext('storepulse.roles'));

-- name: missing
SELECT name FROM unnest(%(names)s::text[]) AS wanted (name)
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.name);

-- name: ability
SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user;

-- name: creation
-- NOINHERIT: a role that is granted to a service's role by mistake has no effect.
SELECT format('CREATE ROLE %%I LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION '
              'PASSWORD %%L', name, verifier)
  FROM unnest(%(names)s::text[], %(verifiers)s::text[]) AS wanted (name, verifier);

-- name: limits
-- Services set narrower limits themselves; these hold for anyone else with the password.
SELECT format('ALTER ROLE %%I SET %%I = %%L', name, setting, value)
  FROM unnest(%(names)s::text[], %(settings)s::text[], %(values)s::text[])
       AS wanted (name, setting, value);

-- name: renewal
SELECT format('ALTER ROLE %%I PASSWORD %%L', name, verifier)
  FROM unnest(%(names)s::text[], %(verifiers)s::text[]) AS wanted (name, verifier);

-- name: database_rights
-- A copied database has none of these rights.
SELECT format(rights, current_database(), role)
  FROM (VALUES (1, 'REVOKE ALL ON DATABASE %%1$I FROM PUBLIC', ARRAY[''::text]),
               (2, 'GRANT CONNECT ON DATABASE %%1$I TO %%2$I', %(names)s::text[]),
               (3, 'GRANT TEMPORARY ON DATABASE %%1$I TO %%2$I', %(temporary)s::text[]),
               (4, 'GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %%1$I TO %%2$I',
                   ARRAY[current_user::text])) AS wanted (place, rights, roles),
       unnest(roles) AS role
 ORDER BY place, role;
