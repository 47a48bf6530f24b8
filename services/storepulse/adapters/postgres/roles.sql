-- The services' roles. PostgreSQL itself writes the statements that take no parameters: each row is
-- one of them.

-- name: lock
-- Roles belong to all databases of a server; who makes them goes through one and the same.
SELECT pg_advisory_xact_lock(hashtext('storepulse.roles'));

-- name: missing
SELECT name FROM unnest(%(names)s::text[]) AS wanted (name)
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.name);

-- name: ability
SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user;

-- name: creation
-- NOINHERIT: a role that somebody grants to a service's by mistake does nothing.
SELECT format('CREATE ROLE %%I LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION '
              'PASSWORD %%L', name, verifier)
  FROM unnest(%(names)s::text[], %(verifiers)s::text[]) AS wanted (name, verifier);

-- name: limits
-- What a service asks for itself is narrower yet; this holds for whoever else has its password.
SELECT format('ALTER ROLE %%I SET %%I = %%L', name, setting, value)
  FROM unnest(%(names)s::text[], %(settings)s::text[], %(values)s::text[])
       AS wanted (name, setting, value);

-- name: renewal
SELECT format('ALTER ROLE %%I PASSWORD %%L', name, verifier)
  FROM unnest(%(names)s::text[], %(verifiers)s::text[]) AS wanted (name, verifier);

-- name: database_rights
-- A copy of a database has none of its rights.
SELECT format(rights, current_database(), role)
  FROM (VALUES (1, 'REVOKE ALL ON DATABASE %%1$I FROM PUBLIC', ARRAY[''::text]),
               (2, 'GRANT CONNECT ON DATABASE %%1$I TO %%2$I', %(names)s::text[]),
               (3, 'GRANT TEMPORARY ON DATABASE %%1$I TO %%2$I', %(temporary)s::text[]),
               (4, 'GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %%1$I TO %%2$I',
                   ARRAY[current_user::text])) AS wanted (place, rights, roles),
       unnest(roles) AS role
 ORDER BY place, role;
