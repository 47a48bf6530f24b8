"""A database's schema as text, from PostgreSQL's own catalogs: equal for equal schemas."""

from __future__ import annotations

import psycopg

QUERIES = {
    "relations": """
        SELECT c.relkind::text, c.relname, pg_get_expr(c.relpartbound, c.oid),
               pg_get_partkeydef(c.oid), c.reloptions, obj_description(c.oid)
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'public'""",
    "columns": """
        SELECT c.relname, row_number() OVER (PARTITION BY c.relname ORDER BY a.attnum),
               a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               a.attidentity::text, pg_get_expr(d.adbin, d.adrelid),
               col_description(c.oid, a.attnum)
          FROM pg_attribute a
          JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
          JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
          LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
         WHERE a.attnum > 0 AND NOT a.attisdropped""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(o.oid)
          FROM pg_constraint o JOIN pg_namespace n ON n.oid = o.connamespace
         WHERE n.nspname = 'public'""",
    "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "functions": """
        SELECT p.proname, pg_get_functiondef(p.oid)
          FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = 'public'""",
    "types": """
        SELECT t.typname, e.enumlabel, e.enumsortorder
          FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
          JOIN pg_enum e ON e.enumtypid = t.oid
         WHERE n.nspname = 'public'""",
}
#: Rows that migrations put into tables.
CONTENT = "SELECT parent, unit, keep::text, fill FROM partitioned_tables"


def schema_text(dsn: str) -> str:
    """Every relation, column, constraint, index, function and type, sorted."""
    lines: list[str] = []
    with psycopg.connect(dsn, autocommit=True) as connection:
        for kind, query in QUERIES.items():
            lines += sorted(f"{kind}: {row}" for row in connection.execute(query.encode()))
        if connection.execute("SELECT to_regclass('partitioned_tables')").fetchone() != (None,):
            lines += sorted(f"content: {row}" for row in connection.execute(CONTENT))
    return "\n".join(lines)
