DROP TABLE sign_in_links;
DROP TABLE console_sessions;
