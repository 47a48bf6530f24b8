REVOKE EXECUTE ON FUNCTION store_day FROM storepulse_gateway;
DROP TRIGGER note_change ON usage_current;
DROP INDEX usage_current_changed;
REVOKE SELECT (store_id, meter, period, sum, count, max, last) ON usage_current FROM storepulse_gateway;
ALTER TABLE usage_current DROP COLUMN changed_in;
DROP TABLE limits_reached;
DROP FUNCTION store_limits(uuid, timestamptz);
DROP TABLE store_plan_limits, store_plans, plan_limits, plans, meters;
