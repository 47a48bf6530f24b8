DROP TABLE session_carts;
DROP FUNCTION abandoned_delay;
