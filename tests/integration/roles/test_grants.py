"""The services' rights are those that are written down, and nobody has any besides."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import psycopg
import pytest
from tests.integration.roles.grants import FUNCTIONS, ROLES, expected_grants
from tests.support.world import World

from storepulse.adapters.postgres import roles

LETTERS = {"SELECT": "r", "INSERT": "a", "UPDATE": "w", "DELETE": "d", "MAINTAIN": "m"}
ORDER = "rawdm"
ROLE_NAMES = [roles.OWNER, *roles.ROLES.values()]


@pytest.fixture(scope="module")
def catalog(module_world: World) -> Any:
    with module_world.connect() as connection:
        yield connection


def rows(connection: psycopg.Connection[Any], query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()  # type: ignore[call-overload, no-any-return]


def granted(connection: psycopg.Connection[Any], *, leaves: str = "_default") -> dict[Any, str]:
    """(table, role) -> letters, as in grants.py; of the partitions, those whose names end so."""
    whole: dict[tuple[str, str], set[str]] = defaultdict(set)
    columns: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for table, role, privilege in rows(
        connection,
        "SELECT c.relname, coalesce(r.rolname, 'PUBLIC'), a.privilege_type"
        " FROM pg_class c CROSS JOIN aclexplode(c.relacl) a"
        " LEFT JOIN pg_roles r ON r.oid = a.grantee"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')"
        f" AND a.grantee <> c.relowner AND (NOT c.relispartition OR c.relname LIKE '%{leaves}')",
    ):
        whole[table, role].add(LETTERS.get(privilege, privilege))
    for table, role, privilege, column in rows(
        connection,
        "SELECT c.relname, coalesce(r.rolname, 'PUBLIC'), a.privilege_type, t.attname"
        " FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid"
        " CROSS JOIN aclexplode(t.attacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee"
        " WHERE c.relnamespace = 'public'::regnamespace ORDER BY t.attnum",
    ):
        columns[table, role][LETTERS[privilege]].append(column)
    found = {}
    for key in {*whole, *columns}:
        letters = "".join(sorted(whole[key], key=lambda one: (ORDER.find(one), one)))
        for letter, names in columns[key].items():
            letters += f"{letter}({','.join(names)})"
        found[key[0], key[1].removeprefix("storepulse_")] = letters
    return found


def without_maintain(connection: psycopg.Connection[Any], letters: str) -> str:
    return letters if connection.info.server_version >= 170000 else letters.replace("m", "")


def test_each_role_has_the_rights_that_are_written_down(catalog: psycopg.Connection[Any]) -> None:
    expected = {
        key: without_maintain(catalog, letters) for key, letters in expected_grants().items()
    }
    found = granted(catalog)
    assert {key: found.get(key, "-") for key in expected} == expected
    assert {key: letters for key, letters in found.items() if key not in expected} == {}


def test_no_table_is_nobodys(catalog: psycopg.Connection[Any]) -> None:
    tables = rows(
        catalog,
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'p', 'v', 'm') AND NOT relispartition",
    )
    written = {table for table, role in expected_grants() if role in ROLES}
    assert {table for (table,) in tables} - written == set()


def test_a_partition_has_the_rights_of_its_table(catalog: psycopg.Connection[Any]) -> None:
    catalog.execute("SELECT ensure_partitions('2031-05-05')")
    found, parents = granted(catalog, leaves="_203105"), expected_grants()
    leaves = {key: letters for key, letters in found.items() if key[0].endswith("_203105")}
    parted = rows(catalog, "SELECT parent FROM partitioned_tables WHERE unit = 'month'")
    assert {table.removesuffix("_203105") for table, _ in leaves} == {name for (name,) in parted}
    for (leaf, role), letters in leaves.items():
        expected = parents[leaf.removesuffix("_203105"), role]
        assert letters == without_maintain(catalog, expected), (leaf, role)


def test_functions_are_for_those_who_need_them(catalog: psycopg.Connection[Any]) -> None:
    found: dict[str, set[str]] = {}
    for function, role in rows(
        catalog,
        "SELECT p.proname, coalesce(r.rolname, 'PUBLIC') FROM pg_proc p"
        " CROSS JOIN aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a"
        " LEFT JOIN pg_roles r ON r.oid = a.grantee"
        " WHERE p.pronamespace = 'public'::regnamespace AND a.grantee <> p.proowner",
    ):
        found.setdefault(function, set()).add(role.removeprefix("storepulse_"))
    assert found == FUNCTIONS


def test_functions_of_the_owner_find_tables_nowhere_else(catalog: psycopg.Connection[Any]) -> None:
    lent = dict(
        rows(
            catalog,
            "SELECT proname, proconfig FROM pg_proc"
            " WHERE pronamespace = 'public'::regnamespace AND prosecdef",
        )
    )
    assert set(lent) == {"ensure_partitions", "drop_partition", "find_key"}
    assert set(map(tuple, lent.values())) == {("search_path=public, pg_temp",)}


def test_everybody_has_nothing(catalog: psycopg.Connection[Any]) -> None:
    for query in (
        (
            "SELECT a.privilege_type FROM pg_database, aclexplode(datacl) a"
            " WHERE datname = current_database() AND a.grantee = 0"
        ),
        (
            "SELECT a.privilege_type FROM pg_namespace, aclexplode(nspacl) a"
            " WHERE nspname = 'public' AND a.grantee = 0"
        ),
        (
            "SELECT c.relname FROM pg_class c, aclexplode(c.relacl) a"
            " WHERE c.relnamespace = 'public'::regnamespace AND a.grantee = 0"
        ),
    ):
        assert rows(catalog, query) == []


def test_no_role_is_privileged_or_a_member_of_another(catalog: psycopg.Connection[Any]) -> None:
    found = catalog.execute(
        "SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,"
        " rolinherit FROM pg_roles WHERE rolname = ANY (%s)",
        [ROLE_NAMES],
    ).fetchall()
    assert sorted(name for name, *_ in found) == sorted(ROLE_NAMES)
    assert {
        abilities for _, *abilities in map(tuple, found) for abilities in [tuple(abilities)]
    } == {(False,) * 6}
    members = catalog.execute(
        "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member"
        " WHERE r.rolname = ANY (%s)",
        [ROLE_NAMES],
    ).fetchone()
    assert members == (0,)


def test_the_database_is_the_owners_and_only_some_may_stage_rows(
    catalog: psycopg.Connection[Any],
) -> None:
    found: dict[str, set[str]] = {}
    for role, privilege in rows(
        catalog,
        "SELECT r.rolname, a.privilege_type FROM pg_database d CROSS JOIN aclexplode(d.datacl) a"
        " JOIN pg_roles r ON r.oid = a.grantee"
        " WHERE d.datname = current_database() AND a.grantee <> d.datdba",
    ):
        found.setdefault(role.removeprefix("storepulse_"), set()).add(privilege)
    assert found == {
        "gateway": {"CONNECT"},
        "query": {"CONNECT"},
        **{name: {"CONNECT", "TEMPORARY"} for name in ("agents", "delivery", "operator")},
    }
