-- Whoever serves experiments is told at once when tests, phases or pages change.

CREATE FUNCTION tell_of_experiments() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('storepulse_experiments', lower(TG_OP));
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tell_of_experiments IS
    'Rows that are gone bear no transaction: who is told "delete" or "truncate" reads everything again';

CREATE TRIGGER tell_of_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ab_tests
    FOR EACH STATEMENT EXECUTE FUNCTION tell_of_experiments();
-- Not when agents note that figures are settled.
CREATE TRIGGER tell_of_change AFTER INSERT OR UPDATE OF settings, started_at, ended_at OR DELETE ON ab_test_phases
    FOR EACH STATEMENT EXECUTE FUNCTION tell_of_experiments();
CREATE TRIGGER tell_of_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ab_pages
    FOR EACH STATEMENT EXECUTE FUNCTION tell_of_experiments();
