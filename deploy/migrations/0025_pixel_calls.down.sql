DROP TABLE pixel_calls;
