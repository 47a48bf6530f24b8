DROP FUNCTION lock_identities;
DROP FUNCTION customer_key;
DROP TABLE customer_counts, customers, identity_links, identities;
DROP TYPE identity_kind;
