"""Serves the console: its pages and files at `/analytics`, and signing in.

The console's source is in services/console, which is built into `built/`. It gets all of its data
from the query API, with the cookie that `sign_in` sets.

- `files`: reading and serving the build
- `policy`: what its pages may load and connect to
- `routes`: the paths
- `sign_in`: `/api/session`
- `own_stores`: the stores that a key may read
"""
