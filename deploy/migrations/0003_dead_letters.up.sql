-- Dead letters with their trails, and what retention has removed of them.

CREATE TABLE dead_letters (
    dead_letter_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    stream         text NOT NULL,
    stage          text NOT NULL,
    status         text NOT NULL DEFAULT 'open'
                   CHECK (status IN ('open', 'reprocessing', 'resolved', 'discarded')),
    reason         text NOT NULL,
    field          text NOT NULL DEFAULT '',
    message        text NOT NULL DEFAULT '',
    topic          text NOT NULL,
    topic_id       text NOT NULL,
    partition      int NOT NULL,
    "offset"       bigint NOT NULL,
    store_id       uuid,
    event_id       uuid,
    destination_id uuid,
    received_at    timestamptz,
    key            bytea,
    value          bytea,
    header_names   text[] NOT NULL DEFAULT '{}',
    header_values  bytea[] NOT NULL DEFAULT '{}',
    code_version   text NOT NULL,
    replays        int NOT NULL DEFAULT 0,
    claimed_by     uuid,
    claimed_until  timestamptz,
    quarantined_at timestamptz,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN dead_letters.reason IS 'One of a few fixed phrases, for grouping; message says more';
COMMENT ON COLUMN dead_letters.destination_id IS 'Set for events that a destination finally refused';
COMMENT ON COLUMN dead_letters.header_values IS 'The record''s own headers, byte for byte, in their order';
COMMENT ON COLUMN dead_letters.claimed_until IS 'Until then a replay owns this letter; after that another one may';
COMMENT ON COLUMN dead_letters.quarantined_at IS 'Came back too often: filters leave it out';
CREATE INDEX dead_letters_open ON dead_letters (stream, reason, created_at) WHERE status = 'open';
CREATE UNIQUE INDEX dead_letters_source
    ON dead_letters (topic_id, partition, "offset", destination_id) NULLS NOT DISTINCT;
CREATE INDEX dead_letters_listed ON dead_letters (created_at, dead_letter_id);
CREATE INDEX dead_letters_replayable ON dead_letters (created_at, dead_letter_id)
    WHERE status IN ('open', 'reprocessing');

GRANT SELECT, INSERT, UPDATE ON dead_letters TO storepulse_agents;
GRANT SELECT, INSERT, UPDATE, DELETE ON dead_letters TO storepulse_delivery;
GRANT SELECT, UPDATE ON dead_letters TO storepulse_query;
GRANT SELECT, UPDATE, DELETE ON dead_letters TO storepulse_operator;

CREATE TABLE dead_letter_actions (
    action_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dead_letter_id uuid NOT NULL REFERENCES dead_letters ON DELETE CASCADE,
    action         text NOT NULL CHECK (action IN
                   ('replayed', 'returned', 'resolved', 'discarded', 'quarantined', 'reopened')),
    actor          text NOT NULL,
    why            text NOT NULL DEFAULT '',
    details        jsonb NOT NULL DEFAULT '{}',
    at             timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX dead_letter_actions_of_letter ON dead_letter_actions (dead_letter_id, action_id);
GRANT INSERT ON dead_letter_actions TO storepulse_agents;
GRANT SELECT, INSERT ON dead_letter_actions
   TO storepulse_delivery, storepulse_query, storepulse_operator;

-- Totals over all time stay right when letters are gone.
CREATE TABLE dead_letters_removed (
    topic   text PRIMARY KEY,
    records bigint NOT NULL
);
COMMENT ON COLUMN dead_letters_removed.records IS
    'Records of the topic that died: letters that are gone, and replays that had come back to them';
GRANT SELECT, INSERT, UPDATE ON dead_letters_removed TO storepulse_delivery, storepulse_operator;
GRANT SELECT ON dead_letters_removed TO storepulse_query;
