-- Custom events of a store's days, by name. Filters that are null do not apply.

-- fragment: of_days
store_id = %(store_id)s
   AND day >= coalesce(%(first_day)s::date, '-infinity')
   AND day < coalesce(%(end_day)s::date, 'infinity')
   AND (%(stream)s::text IS NULL OR stream = %(stream)s)
   AND (%(include_bots)s OR NOT is_bot)

-- name: list_names
WITH counted AS (
    SELECT name, sum(events)::bigint AS events
      FROM custom_events_daily
     WHERE {of_days}
       AND (%(search)s::text IS NULL OR strpos(lower(name), lower(%(search)s)) > 0)
     GROUP BY name
), every AS (
    SELECT name, events, count(*) OVER () AS listed FROM counted
)
SELECT name, events, listed
  FROM every
 WHERE %(after_events)s::bigint IS NULL
    OR (%(sort)s = 'events' AND events < %(after_events)s)
    OR ((%(sort)s = 'name' OR events = %(after_events)s) AND name COLLATE "C" > %(after_name)s)
 ORDER BY CASE WHEN %(sort)s = 'events' THEN events END DESC, name COLLATE "C"
 LIMIT %(count)s;

-- name: events_of_names
SELECT name, sum(events)::bigint AS events
  FROM custom_events_daily
 WHERE {of_days}
   AND name_hash = ANY (SELECT text_hash(asked) FROM unnest(%(names)s::text[]) AS asked)
 GROUP BY name;

-- name: all_events
SELECT coalesce(sum(events), 0)::bigint AS events
  FROM custom_events_daily
 WHERE {of_days}
   AND (%(search)s::text IS NULL OR strpos(lower(name), lower(%(search)s)) > 0);

-- name: days_of_name
SELECT day, sum(events)::bigint AS events
  FROM custom_events_daily
 WHERE {of_days} AND name_hash = text_hash(%(name)s)
 GROUP BY day
 ORDER BY day;

-- name: properties_of_name
-- Properties of the newest events of a name. Long values are cut; lists and objects are cut as
-- text.
WITH newest AS MATERIALIZED (
    SELECT metadata
      FROM customer_activity
     WHERE store_id = %(store_id)s
       AND activity_type = 'custom' AND counted_name(name) = %(name)s
       AND occurred_at >= coalesce(%(start)s::timestamptz, '-infinity')
       AND occurred_at < coalesce(%(end)s::timestamptz, 'infinity')
       AND (%(include_bots)s OR NOT is_bot)
     ORDER BY occurred_at DESC
     LIMIT %(newest)s
), said AS (
    SELECT key, jsonb_typeof(value) AS type, left(value #>> '{}', %(characters)s) AS value,
           count(*) AS events
      FROM newest
     CROSS JOIN LATERAL jsonb_each(metadata)
     WHERE length(key) <= %(key_characters)s
     GROUP BY 1, 2, 3
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY key ORDER BY events DESC, value COLLATE "C") AS place
      FROM said
), keys AS (
    SELECT key, sum(events)::bigint AS events, array_agg(DISTINCT type) AS types,
           jsonb_agg(jsonb_build_object('value', value, 'events', events) ORDER BY place)
               FILTER (WHERE place <= %(values)s) AS values
      FROM ranked
     GROUP BY key
)
SELECT (SELECT count(*) FROM newest) AS looked_at, keys.*, count(*) OVER () AS listed
  FROM (VALUES (true)) AS always LEFT JOIN keys ON true
 ORDER BY keys.events DESC, keys.key COLLATE "C"
 LIMIT %(count)s;
