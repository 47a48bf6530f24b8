-- Settings of a session after it is opened.

-- name: limit_transaction
SELECT set_config('transaction_timeout', %(seconds)s, false);
