"""The browser's tracker: `files` serves the files in `built/`, which services/tracker/build.mjs
writes."""
