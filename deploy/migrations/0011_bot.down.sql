DROP TABLE bot_choices_daily, bot_users_daily, bot_users, bot_hourly, tg_analytics_events;
DELETE FROM partitioned_tables WHERE parent IN ('bot_users_daily', 'tg_analytics_events');
