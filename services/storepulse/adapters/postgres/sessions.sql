-- What a session is told once it is open.

-- name: limit_transaction
SELECT set_config('transaction_timeout', %(seconds)s, false);
