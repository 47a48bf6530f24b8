DROP TRIGGER note_breaker_change ON destination_breakers;
DROP FUNCTION note_breaker_change();
DROP TABLE breaker_changes, delivery_minutes;
DROP INDEX deliveries_not_sent, landing_sessions_day, landing_hourly_day;
