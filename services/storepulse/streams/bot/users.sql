-- Users of a store's bot. {sort} is the column of the order; each has an index with the user as the next column.
-- Conditions on null parameters are removed when a statement is planned.

-- fragment: users
SELECT client_id, first_seen, last_seen, events, messages, user_messages, ai_messages, images,
       premium_actions, persona, story
  FROM bot_users
 WHERE store_id = %(store_id)s

-- fragment: in_range
(%(first_client)s::text IS NULL
        OR (client_id >= %(first_client)s::text AND client_id < %(end_client)s::text))

-- name: least_first
{users}
   AND {in_range}
   AND (%(after_id)s::text IS NULL OR ({sort}, client_id) > (%(after)s, %(after_id)s::text))
 ORDER BY {sort}, client_id
 LIMIT %(count)s;

-- name: greatest_first
{users}
   AND {in_range}
   AND (%(after_id)s::text IS NULL OR ({sort}, client_id) < (%(after)s, %(after_id)s::text))
 ORDER BY {sort} DESC, client_id DESC
 LIMIT %(count)s;

-- name: count_users
SELECT count(*) AS listed
  FROM (SELECT FROM bot_users WHERE store_id = %(store_id)s AND {in_range} LIMIT %(most)s) AS found;

-- name: user
{users} AND client_id = %(client_id)s;
