"""The console as it is served: its pages and files at `/analytics`, and signing in to it.

What it looks like lies in services/console, which is built into `built/`. All that it shows it asks
of the query API, with the cookie that `sign_in` sets.

- `files`: the build as it is read and answered
- `policy`: what its pages may load and reach
- `routes`: the paths
- `sign_in`: `/api/session`
- `own_stores`: the stores that a key may read
"""
