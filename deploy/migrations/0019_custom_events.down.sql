DROP TABLE web_vitals_daily, custom_events_daily;
