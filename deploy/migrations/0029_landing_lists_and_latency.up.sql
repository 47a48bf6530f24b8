-- What lists of landing pages read, how long destinations take to answer, and what their breakers did.

CREATE INDEX landing_hourly_day ON landing_hourly (store_id, day);
-- With all columns that count: visits of a store's landing pages are read from the index alone.
CREATE INDEX landing_sessions_day ON landing_sessions (store_id, day)
       INCLUDE (landing_page_id, session_id, hour, is_bot);

-- What was not sent is rare among what was: it is listed and counted without reading the others.
CREATE INDEX deliveries_not_sent ON deliveries (received_at) WHERE status IN ('failed', 'skipped');

-- One row for each minute in which a process sent something to a destination. A process writes its own
-- rows, and whole: writing one twice changes nothing.
CREATE TABLE delivery_minutes (
    destination_id uuid NOT NULL,
    minute         timestamptz NOT NULL,
    process        uuid NOT NULL,
    delivered      int[] NOT NULL,
    failed         int NOT NULL,
    delivered_at   timestamptz,
    failed_at      timestamptz,
    failed_status  int,
    failed_error   text NOT NULL DEFAULT '',
    PRIMARY KEY (destination_id, minute, process)
);
COMMENT ON COLUMN delivery_minutes.delivered IS 'Requests that were taken, by how long that took: destinations/rules/latency.py has the bounds';
COMMENT ON COLUMN delivery_minutes.failed IS 'Requests that were not taken, whether they are tried again or not';
COMMENT ON COLUMN delivery_minutes.failed_error IS 'Of the newest that failed, with the beginning of its answer';
CREATE INDEX delivery_minutes_old ON delivery_minutes (minute);
GRANT SELECT, INSERT, UPDATE, DELETE ON delivery_minutes TO storepulse_delivery;
GRANT SELECT, DELETE ON delivery_minutes TO storepulse_operator;
GRANT SELECT ON delivery_minutes TO storepulse_query;

-- Without a reference to destinations: checking it would lock a row that whoever removes the
-- destination holds, while that one waits for the breaker.
CREATE TABLE breaker_changes (
    change_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    destination_id uuid NOT NULL,
    changed_at     timestamptz NOT NULL,
    was            text NOT NULL,
    state          text NOT NULL,
    outcomes       int NOT NULL,
    failures       int NOT NULL
);
COMMENT ON COLUMN breaker_changes.outcomes IS 'How many outcomes it judged by, failures among them';
CREATE INDEX breaker_changes_newest ON breaker_changes (destination_id, changed_at, change_id);
CREATE INDEX breaker_changes_old ON breaker_changes (changed_at);
GRANT SELECT, INSERT, DELETE ON breaker_changes TO storepulse_delivery, storepulse_operator;
GRANT SELECT, INSERT ON breaker_changes TO storepulse_query;

-- Whoever moves a breaker: an outcome, a probe or an administrator.
CREATE FUNCTION note_breaker_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO breaker_changes (destination_id, changed_at, was, state, outcomes, failures)
    VALUES (NEW.destination_id, NEW.changed_at, OLD.state, NEW.state, length(NEW.recent),
            length(replace(NEW.recent, '.', '')));
    RETURN NULL;
END
$$;
CREATE TRIGGER note_breaker_change AFTER UPDATE ON destination_breakers
    FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION note_breaker_change();
