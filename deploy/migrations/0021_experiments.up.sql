-- Experiments: tests as their authors write them, phases as visitors see them, and pages.

CREATE TABLE ab_tests (
    test_id     uuid PRIMARY KEY,
    store_id    uuid NOT NULL REFERENCES stores ON DELETE CASCADE,
    name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    description text CHECK (length(description) <= 4000),
    status      text NOT NULL DEFAULT 'draft'
                CHECK (status IN ('draft', 'running', 'paused', 'completed', 'archived')),
    priority    integer NOT NULL DEFAULT 0,
    definition  jsonb NOT NULL,
    phase       integer NOT NULL DEFAULT 0 CHECK (phase >= 0),
    winner      text,
    version     bigint NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    created_by  text NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    changed_in  xid8 NOT NULL DEFAULT pg_current_xact_id()
);
COMMENT ON COLUMN ab_tests.definition IS
    'What the next phase begins with; the current phase goes by its own settings';
COMMENT ON COLUMN ab_tests.phase IS 'The current or last phase; 0: it was never started';
COMMENT ON COLUMN ab_tests.winner IS 'The variant that a completed test declared; null: none';
COMMENT ON COLUMN ab_tests.version IS 'One more with each change: its entity tag';
CREATE INDEX ab_tests_newest ON ab_tests (store_id, created_at DESC, test_id);
CREATE INDEX ab_tests_changed ON ab_tests (changed_in);
CREATE TRIGGER note_change BEFORE INSERT OR UPDATE ON ab_tests FOR EACH ROW EXECUTE FUNCTION note_change();

CREATE TABLE ab_test_phases (
    test_id    uuid NOT NULL REFERENCES ab_tests ON DELETE CASCADE,
    phase      integer NOT NULL CHECK (phase >= 1),
    store_id   uuid NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at   timestamptz,
    settings   jsonb NOT NULL,
    window_ms  bigint NOT NULL CHECK (window_ms > 0),
    pre_ms     bigint NOT NULL CHECK (pre_ms >= 0),
    settled_at timestamptz,
    changed_in xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (test_id, phase)
);
COMMENT ON COLUMN ab_test_phases.settings IS 'Frozen when the phase began: they never change';
COMMENT ON COLUMN ab_test_phases.settled_at IS
    'When figures were last brought in line with its beginning or end, after the last slice that may not have known of it; null: not since it changed';
CREATE INDEX ab_test_phases_of_store ON ab_test_phases (store_id, started_at);
CREATE INDEX ab_test_phases_unsettled ON ab_test_phases (test_id, phase) WHERE settled_at IS NULL;
CREATE INDEX ab_test_phases_changed ON ab_test_phases (changed_in);
CREATE TRIGGER note_change BEFORE INSERT OR UPDATE ON ab_test_phases
    FOR EACH ROW EXECUTE FUNCTION note_change();

CREATE TABLE ab_test_pauses (
    test_id    uuid NOT NULL,
    phase      integer NOT NULL,
    paused_at  timestamptz NOT NULL,
    resumed_at timestamptz,
    PRIMARY KEY (test_id, phase, paused_at),
    FOREIGN KEY (test_id, phase) REFERENCES ab_test_phases ON DELETE CASCADE
);

-- The metrics of a phase that are totals of a visitor's events; ratios are made of these.
CREATE TABLE ab_phase_metrics (
    test_id  uuid NOT NULL,
    phase    integer NOT NULL,
    metric   text COLLATE "C" NOT NULL,
    kind     text NOT NULL CHECK (kind IN ('binary', 'count', 'sum')),
    source   text COLLATE "C" NOT NULL,
    currency text,
    cap      numeric(18, 4),
    PRIMARY KEY (test_id, phase, metric),
    FOREIGN KEY (test_id, phase) REFERENCES ab_test_phases ON DELETE CASCADE
);
COMMENT ON COLUMN ab_phase_metrics.source IS
    'Which events: purchase, add_to_cart, ..., custom:<name>, conversion, metric:<name>';

CREATE TABLE ab_phase_ratios (
    test_id     uuid NOT NULL,
    phase       integer NOT NULL,
    metric      text COLLATE "C" NOT NULL,
    numerator   text COLLATE "C" NOT NULL,
    denominator text COLLATE "C" NOT NULL,
    PRIMARY KEY (test_id, phase, metric),
    FOREIGN KEY (test_id, phase, numerator) REFERENCES ab_phase_metrics ON DELETE CASCADE,
    FOREIGN KEY (test_id, phase, denominator) REFERENCES ab_phase_metrics ON DELETE CASCADE
);

-- Which events of a store slices keep by unit. Whoever starts a phase enters them by the same transaction.
CREATE TABLE ab_sources (
    store_id uuid NOT NULL,
    source   text COLLATE "C" NOT NULL,
    until    timestamptz NOT NULL DEFAULT 'infinity',
    PRIMARY KEY (store_id, source)
);
COMMENT ON COLUMN ab_sources.until IS
    'Events that are received later are not kept: the phase has ended and its last windows have closed';

CREATE TABLE ab_pages (
    store_id   uuid NOT NULL REFERENCES stores ON DELETE CASCADE,
    page_type  text NOT NULL CHECK (page_type ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
    slug       text NOT NULL CHECK (length(slug) BETWEEN 1 AND 255),
    page       jsonb NOT NULL,
    version    bigint NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by text NOT NULL,
    changed_in xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (store_id, page_type, slug)
);
COMMENT ON COLUMN ab_pages.page IS 'The base configuration: template and slots, before any variant';
CREATE INDEX ab_pages_changed ON ab_pages (changed_in);
CREATE TRIGGER note_change BEFORE INSERT OR UPDATE ON ab_pages FOR EACH ROW EXECUTE FUNCTION note_change();

GRANT SELECT ON ab_tests, ab_test_phases, ab_test_pauses, ab_phase_metrics, ab_phase_ratios, ab_sources, ab_pages
      TO storepulse_gateway, storepulse_agents, storepulse_query, storepulse_operator;
GRANT INSERT, UPDATE, DELETE ON ab_tests, ab_test_phases, ab_test_pauses, ab_phase_metrics, ab_phase_ratios,
      ab_sources, ab_pages TO storepulse_query, storepulse_operator;
GRANT UPDATE (settled_at) ON ab_test_phases TO storepulse_agents;
GRANT INSERT, UPDATE ON ab_sources TO storepulse_agents;
