"""The form of .sql files: what a reader refuses, what it strips, what it knows of parameters."""

from __future__ import annotations

import pytest

from storepulse.adapters.postgres.named_sql import MalformedSql, named_sql, parse_statements


def parse(text: str) -> dict[str, str]:
    return {name: statement.text for name, statement in parse_statements(text, "x.sql").items()}


def test_statements_come_without_comments_and_semicolons() -> None:
    text = """-- What the file is about,
-- in two lines.

-- name: first
-- Of 100 % of the rows; not {anything}, and it's a comment.
SELECT 1 -- inline
  -- a line of its own
  AS number;

-- name: second
SELECT '-- no comment', "-- neither", $$ -- nor
  this; $$, E'it\\'s; -- text', 'it''s; -- text';
"""
    assert parse(text) == {
        "first": "SELECT 1\n  AS number",
        "second": "SELECT '-- no comment', \"-- neither\", $$ -- nor\n  this; $$,"
        " E'it\\'s; -- text', 'it''s; -- text'",
    }


def test_several_statements_keep_what_is_between_them() -> None:
    text = "-- name: both\nCREATE TABLE a ();\n\n-- Of the second.\nCREATE TABLE b ();\n"
    assert parse(text) == {"both": "CREATE TABLE a ();\n\nCREATE TABLE b ()"}


def test_fragments_are_filled_in_and_no_statements() -> None:
    text = (
        "-- name: count\nSELECT count(*) FROM {leaf} WHERE {old};\n\n"
        "-- fragment: old\n-- Of any age.\nat < %(before)s\n"
    )
    statements = parse_statements(text, "x.sql")
    assert list(statements) == ["count"]
    statement = statements["count"]
    assert statement.parameters == {"before"}
    assert statement.identifiers == {"leaf"}
    named = statement.with_names(leaf="events_202601")
    assert named == b'SELECT count(*) FROM "events_202601" WHERE at < %(before)s'
    assert (named.parameters, named.identifiers) == ({"before"}, set())


def test_names_of_tables_and_columns_are_quoted() -> None:
    (statement,) = parse_statements(
        "-- name: copy\nCOPY {table} ({columns}) FROM STDIN;\n", "x.sql"
    ).values()
    assert (
        statement.with_names(table="t", columns=("row", "offset"))
        == b'COPY "t" ("row", "offset") FROM STDIN'
    )
    for names in ({"table": "t"}, {"table": "t", "columns": "c", "more": "d"}):
        with pytest.raises(ValueError, match="wanted are"):
            statement.with_names(**names)
    with pytest.raises(ValueError, match="not a plain name"):
        statement.with_names(table='t"; DROP TABLE t; --', columns="c")


REFUSED = {
    "a comment above a name": (
        "-- name: a\nSELECT 1;\n\n-- Of b, 5 % of it.\n-- name: b\nSELECT 2;\n",
        "x.sql:4: a: a comment stands behind the statement",
    ),
    "a comment at the end": ("-- name: a\nSELECT 1;\n-- The end.\n", "x.sql:3: a: a comment"),
    "a comment behind a semicolon": ("-- name: a\nSELECT 1; -- one\n", "x.sql:2: a: a comment"),
    "a header that is the first name's": (
        "-- Of a.\n-- name: a\nSELECT 1;\n",
        "x.sql:2: a blank line must follow",
    ),
    "a second header": ("-- One.\n\n-- Two.\n\n-- name: a\nSELECT 1;\n", "x.sql:3: stands before"),
    "a late header": ("\n-- One.\n\n-- name: a\nSELECT 1;\n", "x.sql:2: stands before"),
    "SQL before the first name": ("SELECT 1;\n-- name: a\nSELECT 1;\n", "x.sql:1: stands before"),
    "a name twice": (
        "-- name: a\nSELECT 1;\n\n-- name: a\nSELECT 2;\n",
        "x.sql:4: a: is defined twice",
    ),
    "a bad name": ("-- name: Some-Thing\nSELECT 1;\n", "x.sql:1: '-- name: Some-Thing' is not"),
    "a crowded name": ("--name: a\nSELECT 1;\n", "x.sql:1: '--name: a' is not"),
    "nothing": ("-- name: a\n-- Only words.\n\n-- name: b\nSELECT 1;\n", "x.sql:1: a: is empty"),
    "a lone semicolon": ("-- name: a\n;\n", "x.sql:1: a: is empty"),
    "no semicolon": ("-- name: a\nSELECT 1\n", "x.sql:2: a: must end with a semicolon"),
    "a fragment that ends": (
        "-- name: a\nSELECT {b};\n-- fragment: b\n1;\n",
        "x.sql:4: b: must not end",
    ),
    "a fragment that is not used": (
        "-- name: a\nSELECT 1;\n-- fragment: b\n1\n",
        "x.sql:3: b: is a fragment that no",
    ),
    "a positional parameter": (
        "-- name: a\nSELECT %(b)s,\n  %s;\n",
        "x.sql:3: a: a percent sign is neither",
    ),
    "a numbered parameter": ("-- name: a\nSELECT $1;\n", "x.sql:2: a: parameters are %(name)s"),
    "a broken parameter": ("-- name: a\nSELECT %(b);\n", "x.sql:2: a: a percent sign is neither"),
    "a lone percent sign": (
        "-- name: a\nSELECT %(b)s LIKE\n 'x%';\n",
        "x.sql:3: a: a percent sign is neither",
    ),
    "an odd number of percent signs": (
        "-- name: a\nSELECT %(b)s %%% 2;\n",
        "x.sql:2: a: a percent sign is neither",
    ),
    "a percent sign without parameters": (
        "-- name: a\nSELECT 5 %% 2;\n",
        "x.sql:1: a: has a percent sign and no parameters",
    ),
    "parameters of several statements": (
        "-- name: a\nSELECT %(b)s; SELECT 2;\n",
        "x.sql:1: a: several statements take",
    ),
    "a quote without an end": ("-- name: a\nSELECT\n 'x;\n", "x.sql:3: ' does not end"),
    "a block comment": ("-- name: a\nSELECT /* 1 */ 2;\n", "x.sql:2: /* does not end, or is"),
    "a brace": ("-- name: a\nSELECT {Leaf};\n", "x.sql:2: a: a brace does not belong to a {name}"),
    "a closing brace": ("-- name: a\nSELECT 1};\n", "x.sql:2: a: a brace does not"),
    "a name in quotes": ("-- name: a\nSELECT '{leaf}';\n", "x.sql:2: a: {name} stands within"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_says_where(case: str) -> None:
    text, message = REFUSED[case]
    with pytest.raises(MalformedSql) as refused:
        parse(text)
    assert str(refused.value).startswith(message)


def test_a_caller_that_passes_other_parameters_is_refused() -> None:
    named_sql("access/keys", revoke="key_id who", all_keys="")
    for passed in ({"revoke": "id"}, {"revoke": "key_id now"}, {"all_keys": "now"}):
        with pytest.raises(MalformedSql, match="its caller passes"):
            named_sql("access/keys", **passed)
    with pytest.raises(MalformedSql, match="is not a statement"):
        named_sql("access/keys", revoked="key_id")
