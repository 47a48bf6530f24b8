"""Months of usage: how they are closed, and their statements.

- `closing`: closes months, and makes statements
- `reading`: a statement's events and lines, from the database
- `export`: the same as JSON lines
"""
