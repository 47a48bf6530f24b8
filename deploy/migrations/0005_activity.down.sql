DROP TABLE sessions_daily, funnel_daily, sessions, activity_searches_daily, activity_products_daily,
    activity_revenue_hourly, activity_hourly, customer_activity;
DELETE FROM partitioned_tables WHERE parent = 'customer_activity';
