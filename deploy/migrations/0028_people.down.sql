DROP INDEX cart_tracking_events_visitor, landing_events_visitor;
DROP INDEX identities_last_name, identities_first_name, identities_email;
DROP FUNCTION lock_people;
DROP FUNCTION person_figures;
DROP TABLE people;
