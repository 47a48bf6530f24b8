DROP TABLE web_vitals_of_stores, web_vitals_daily, custom_events_daily;
