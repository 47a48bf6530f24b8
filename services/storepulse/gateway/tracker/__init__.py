"""The browser's tracker: `built/` holds its files, which services/tracker/build.mjs writes, and
`files` serves them."""
