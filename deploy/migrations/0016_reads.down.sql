ALTER TABLE images DROP COLUMN day_before;
DROP TABLE late_changes, heatmap_pages_daily, cart_products_weekly;
DROP FUNCTION closed_before;
DELETE FROM pages_daily WHERE views = 0;
ALTER TABLE pages_daily DROP COLUMN entries, DROP COLUMN exits, RESET (fillfactor);
DROP INDEX dead_letters_of_store, deliveries_of_store, cart_tracking_events_store, orders_of_channel,
    orders_of_status, order_events_session, pulse_events_session, tg_analytics_events_session,
    landing_events_session, sessions_visitor, customer_activity_name, customer_activity_type,
    customer_activity_visitor;
ALTER TABLE customer_activity
    DROP COLUMN order_id, DROP COLUMN name, DROP COLUMN items, DROP COLUMN view_id,
    DROP COLUMN customer_id;
DROP FUNCTION counted_name;
