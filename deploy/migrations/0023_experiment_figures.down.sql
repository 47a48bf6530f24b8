ALTER TABLE ab_test_phases DROP COLUMN variants;
ALTER TABLE ab_test_phases DROP COLUMN backfilled_at;
REVOKE SELECT ON ab_test_phases FROM storepulse_delivery;
DROP TABLE ab_phase_counts, ab_ratio_rollups, ab_metric_rollups, ab_rollups, ab_test_assignments, ab_unit_events,
           ab_unit_sessions, ab_units;
DROP TYPE ab_contribution;
