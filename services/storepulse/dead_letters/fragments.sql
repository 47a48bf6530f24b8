-- Fragments of statements. The other files of this folder name them in braces: `{filter}`. The caller
-- passes all times.

-- fragment: filter
(%(ids)s::uuid[] IS NULL OR dead_letter_id = ANY (%(ids)s::uuid[]))
   AND (%(stream)s::text IS NULL OR stream = %(stream)s)
   AND (%(stage)s::text IS NULL OR stage = %(stage)s)
   AND (%(reason)s::text IS NULL OR reason = %(reason)s)
   AND (%(store_id)s::uuid IS NULL OR store_id = %(store_id)s)
   AND (%(destination_id)s::uuid IS NULL OR destination_id = %(destination_id)s)
   AND (%(since)s::timestamptz IS NULL OR created_at >= %(since)s)
   AND (%(statuses)s::text[] IS NULL OR status = ANY (%(statuses)s::text[]))
   AND (%(quarantined)s::boolean IS NULL OR (quarantined_at IS NOT NULL) = %(quarantined)s)

-- fragment: columns
dead_letter_id, stream, stage, status, reason, field, message, topic, topic_id, partition, "offset",
       store_id, event_id, destination_id, received_at, key, value, header_names, header_values,
       code_version, replays, created_at, updated_at, claimed_until, quarantined_at

-- fragment: is_free
-- Open, or the claim of a replay has ended. The list of statuses matches a partial index.
status IN ('open', 'reprocessing') AND (status = 'open' OR claimed_until < %(now)s)

-- fragment: is_next
-- Letters that a run may still take: not those that it has passed, also in an earlier part, and not
-- those created since it began.
{is_free}
   AND quarantined_at IS NULL
   AND created_at <= %(started_at)s
   AND (created_at, dead_letter_id) > (%(after)s::timestamptz, %(after_id)s::uuid)
   AND (%(run)s::uuid IS NULL OR NOT EXISTS (
        SELECT FROM dead_letter_actions AS a
         WHERE a.dead_letter_id = dead_letters.dead_letter_id AND a.action = 'replayed'
           AND (a.details ->> 'run')::uuid = %(run)s::uuid))

-- fragment: new_columns
stream, stage, reason, field, message, topic, topic_id, partition, "offset", store_id, event_id,
        destination_id, received_at, key, value, header_names, header_values, code_version,
        created_at, updated_at

-- fragment: new_values
%(stream)s, %(stage)s, %(reason)s, %(field)s, %(message)s, %(topic)s, %(topic_id)s, %(partition)s,
        %(offset)s, %(store_id)s, %(event_id)s, %(destination_id)s, %(received_at)s, %(key)s,
        %(value)s, %(header_names)s::text[], %(header_values)s::bytea[], %(code_version)s,
        %(now)s, %(now)s
