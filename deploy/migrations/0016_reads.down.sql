DROP TABLE heatmap_pages_daily, cart_products_weekly,
    session_pages_daily;
DROP INDEX dead_letters_of_store, deliveries_of_store, cart_tracking_events_store, orders_of_channel,
    orders_of_status, order_events_session, pulse_events_session, tg_analytics_events_session,
    landing_events_session, sessions_visitor, customer_activity_name, customer_activity_type,
    customer_activity_visitor;
ALTER TABLE customer_activity
    DROP COLUMN order_id, DROP COLUMN name, DROP COLUMN items, DROP COLUMN view_id;
