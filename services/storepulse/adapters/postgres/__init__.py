"""Access to PostgreSQL: sessions, pools, statements in files, COPY, migrations."""
