-- Bot: what happened in chats with shops' bots, by row, by hour, by user.

CREATE TABLE tg_analytics_events (
    event_id          uuid NOT NULL,
    store_id          uuid NOT NULL,
    session_id        text NOT NULL,
    visitor_id        text,
    correlation_id    text NOT NULL,
    occurred_at       timestamptz NOT NULL,
    received_at       timestamptz NOT NULL,
    event_type        text NOT NULL,
    client_id         text COLLATE "C" NOT NULL,
    persona           text,
    story             text,
    text              text,
    image_url         text,
    is_image_inline   boolean NOT NULL,
    metadata          jsonb,
    name              text,
    customer_id       text,
    email_hash        text,
    source            text NOT NULL,
    consent_analytics text NOT NULL,
    consent_marketing text NOT NULL,
    ip                inet,
    user_agent        text,
    country           text,
    is_bot            boolean NOT NULL,
    PRIMARY KEY (event_id, store_id, occurred_at)
) PARTITION BY RANGE (occurred_at);
CREATE TABLE tg_analytics_events_default PARTITION OF tg_analytics_events DEFAULT;
CREATE INDEX tg_analytics_events_newest ON tg_analytics_events (store_id, occurred_at DESC, event_id);
CREATE INDEX tg_analytics_events_client ON tg_analytics_events (store_id, client_id, occurred_at, event_id);
INSERT INTO partitioned_tables (parent, unit, keep) VALUES ('tg_analytics_events', 'month', interval '13 months');
COMMENT ON COLUMN tg_analytics_events.client_id IS 'The chat: a signed 64-bit integer in decimal';
COMMENT ON COLUMN tg_analytics_events.image_url IS 'Null also where the event holds the image itself';
COMMENT ON COLUMN tg_analytics_events.is_image_inline IS
    'Whether the event holds an image itself; archived_images says where one is kept';

CREATE TABLE bot_hourly (
    store_id   uuid NOT NULL,
    day        date NOT NULL,
    hour       timestamptz NOT NULL,
    event_type text NOT NULL,
    is_bot     boolean NOT NULL,
    events     bigint NOT NULL,
    PRIMARY KEY (store_id, day, hour, event_type, is_bot)
);
COMMENT ON COLUMN bot_hourly.day IS 'The store''s day: an hour of UTC may lie on two';

-- Robots are left out here and below: a user is a person or a group. Each column by which users are
-- listed has an index, since a store may have a million.
CREATE TABLE bot_users (
    store_id        uuid NOT NULL,
    client_id       text COLLATE "C" NOT NULL,
    first_seen      timestamptz NOT NULL,
    last_seen       timestamptz NOT NULL,
    events          bigint NOT NULL,
    messages        bigint NOT NULL,
    user_messages   bigint NOT NULL,
    ai_messages     bigint NOT NULL,
    images          bigint NOT NULL,
    premium_actions bigint NOT NULL,
    persona         text COLLATE "C" NOT NULL,
    persona_word    text COLLATE "C" NOT NULL,
    story           text COLLATE "C" NOT NULL,
    story_word      text COLLATE "C" NOT NULL,
    PRIMARY KEY (store_id, client_id)
);
CREATE INDEX bot_users_first_seen ON bot_users (store_id, first_seen, client_id);
CREATE INDEX bot_users_last_seen ON bot_users (store_id, last_seen, client_id);
CREATE INDEX bot_users_events ON bot_users (store_id, events, client_id);
CREATE INDEX bot_users_messages ON bot_users (store_id, messages, client_id);
CREATE INDEX bot_users_user_messages ON bot_users (store_id, user_messages, client_id);
CREATE INDEX bot_users_ai_messages ON bot_users (store_id, ai_messages, client_id);
CREATE INDEX bot_users_images ON bot_users (store_id, images, client_id);
CREATE INDEX bot_users_premium_actions ON bot_users (store_id, premium_actions, client_id);
CREATE INDEX bot_users_persona ON bot_users (store_id, persona, client_id);
CREATE INDEX bot_users_story ON bot_users (store_id, story, client_id);
COMMENT ON COLUMN bot_users.messages IS 'user_messages and ai_messages';
COMMENT ON COLUMN bot_users.images IS 'Events image_generated';
COMMENT ON COLUMN bot_users.persona IS 'Of the latest event that names one; empty where none does';
COMMENT ON COLUMN bot_users.persona_word IS 'Time and id of that event; the greatest counts';

-- The key has a store's users in order, so that distinct ones are counted without a sort.
CREATE TABLE bot_users_daily (
    store_id  uuid NOT NULL,
    day       date NOT NULL,
    client_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (store_id, client_id, day)
) PARTITION BY RANGE (day);
CREATE TABLE bot_users_daily_default PARTITION OF bot_users_daily DEFAULT;
INSERT INTO partitioned_tables (parent, unit, keep) VALUES ('bot_users_daily', 'month', interval '13 months');
COMMENT ON COLUMN bot_users_daily.day IS 'The store''s local day';

CREATE TABLE bot_choices_daily (
    store_id   uuid NOT NULL,
    day        date NOT NULL,
    kind       text NOT NULL,
    name       text COLLATE "C" NOT NULL,
    events     bigint NOT NULL,
    selections bigint NOT NULL,
    PRIMARY KEY (store_id, day, kind, name)
);
COMMENT ON COLUMN bot_choices_daily.day IS 'The store''s local day';
COMMENT ON COLUMN bot_choices_daily.kind IS 'persona or story';

GRANT SELECT, INSERT ON tg_analytics_events, bot_users_daily TO storepulse_agents;
GRANT SELECT, INSERT, UPDATE ON bot_hourly, bot_users, bot_choices_daily TO storepulse_agents;
GRANT SELECT ON tg_analytics_events, bot_hourly, bot_users, bot_users_daily, bot_choices_daily
    TO storepulse_query, storepulse_operator;
