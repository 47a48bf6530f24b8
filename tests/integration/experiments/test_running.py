"""The table of running tests follows the database: at once, in any order of commits, whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from time import monotonic
from uuid import UUID, uuid4

import psycopg
import pytest
from bench import stored_experiments as stored
from bench.stored_experiments import definition_of
from tests.support.experiment_changes import begin_phase, set_status
from tests.support.servers import administrator
from tests.support.waiting import wait_until
from tests.support.world import World

from storepulse.domain.experiments.definition import Page
from storepulse.experiments.running import RunningTests

NOWHERE = "postgresql://nobody@127.0.0.1:1/nowhere?connect_timeout=1"


@pytest.fixture
def two(module_world: World) -> Iterator[list[RunningTests]]:
    """Two tables, as two gateways have them."""
    with ExitStack() as stack:
        tables = [RunningTests(module_world.settings_of("gateway").dsn) for _ in range(2)]
        for table in tables:
            table.start()
            stack.callback(table.stop)
        wait_until(lambda: all(one.table.is_loaded for one in tables), "both", seconds=10)
        yield tables


def statuses(tables: list[RunningTests], test: str) -> set[str | None]:
    found = (one.table.find(test) for one in tables)
    return {None if test is None else test.status for test in found}


def test_every_change_is_everywhere_within_a_second(
    module_world: World, two: list[RunningTests]
) -> None:
    store = str(uuid4())
    with module_world.connect() as connection:
        test = stored.add_test(connection, store, definition_of())
        wait_until(lambda: statuses(two, test) == {"running"}, "the test", seconds=1)
        for status in ("paused", "running", "completed"):
            set_status(connection, test, status)
            wait_until(lambda now=status: statuses(two, test) == {now}, status, seconds=1)
        begin_phase(connection, store, test, 2, definition_of(traffic=500))
        wait_until(
            lambda: {one.table.of_store(store).tests[0].phase for one in two} == {2},
            "the phase",
            seconds=1,
        )
        set_status(connection, test, "archived")
        wait_until(lambda: statuses(two, test) == {None}, "archived", seconds=1)
        assert {one.table.of_store(store).tests for one in two} == {()}


def test_what_is_deleted_is_gone_at_once(module_world: World, two: list[RunningTests]) -> None:
    store = str(uuid4())
    with module_world.connect() as connection:
        test = stored.add_test(connection, store, definition_of(), status="paused")
        stored.set_page(connection, store, "home", "index", Page("standard"))
        wait_until(
            lambda: all(one.table.of_store(store).page_of("home", "index") for one in two),
            "the page",
            seconds=1,
        )
        connection.execute("DELETE FROM ab_tests WHERE test_id = %s", (UUID(test),))
        connection.execute("DELETE FROM ab_pages WHERE store_id = %s", (UUID(store),))
        wait_until(
            lambda: (
                {one.table.of_store(store).page_of("home", "index") for one in two} == {None}
                and statuses(two, test) == {None}
            ),
            "nothing",
            seconds=1,
        )


def test_a_change_that_commits_late_is_not_missed(module_world: World) -> None:
    running, store = RunningTests(NOWHERE), str(uuid4())
    with module_world.connect() as reading, module_world.connect() as late:
        late.execute("BEGIN")
        slow = stored.add_test(late, store, definition_of())
        quick = stored.add_test(reading, str(uuid4()), definition_of())
        running.read(reading)
        assert running.table.find(quick) is not None
        assert running.table.find(slow) is None
        running.read(reading)
        late.execute("COMMIT")
        running.read(reading)
        assert running.table.find(slow) is not None


def test_what_did_not_change_stays_the_same_entry(module_world: World) -> None:
    running, store, other = RunningTests(NOWHERE), str(uuid4()), str(uuid4())
    with module_world.connect() as reading, module_world.connect() as open_one:
        open_one.execute("BEGIN")
        open_one.execute("SELECT pg_current_xact_id()")  # what changes from now on is read again
        test = stored.add_test(reading, store, definition_of())
        stored.set_page(reading, store, "home", "index", Page("standard"))
        running.read(reading)
        before = running.table.find(test), running.table.of_store(store)
        running.read(reading)
        stored.add_test(reading, other, definition_of())
        running.read(reading)
        assert running.table.find(test) is before[0]
        assert running.table.of_store(store) is before[1]


def test_one_that_cannot_be_read_stops_no_other(module_world: World) -> None:
    running = RunningTests(NOWHERE)
    with module_world.connect() as connection:
        bad = stored.add_test(connection, str(uuid4()), definition_of())
        good = stored.add_test(connection, str(uuid4()), definition_of())
        connection.execute(
            "UPDATE ab_test_phases SET settings = '{\"variants\": []}' WHERE test_id = %s",
            (UUID(bad),),
        )
        running.read(connection)
    assert running.table.find(bad) is None
    assert running.table.find(good) is not None


def test_drafts_are_for_previews_alone(module_world: World) -> None:
    running, store = RunningTests(NOWHERE), str(uuid4())
    with module_world.connect() as connection:
        draft = stored.add_test(connection, store, definition_of(), status="draft", phase=0)
        running.read(connection)
    assert running.table.find(draft) is None
    assert running.table.of_store(store).tests == ()
    found = running.table.find(draft, with_drafts=True)
    assert found is not None
    assert found.status == "draft"


def test_the_last_state_stays_while_postgresql_is_away(module_world: World) -> None:
    running = RunningTests(NOWHERE)
    with module_world.connect() as connection:
        test = stored.add_test(connection, str(uuid4()), definition_of())
        running.read(connection)
    running.start()
    started = monotonic()
    running.stop()
    assert monotonic() - started < 5
    assert running.table.find(test) is not None


def test_a_lost_connection_is_made_again_and_everything_read(
    module_world: World, two: list[RunningTests]
) -> None:
    with administrator() as admin, module_world.connect() as connection:
        database = connection.info.dbname
        ended = admin.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = 'storepulse-experiments' AND datname = %s",
            (database,),
        ).fetchone()
        assert ended is not None
        assert ended[0] >= 2
        test = stored.add_test(connection, str(uuid4()), definition_of())
        wait_until(lambda: statuses(two, test) == {"running"}, "the test", seconds=5)


def test_a_change_of_the_agents_tells_nobody(module_world: World) -> None:
    with module_world.connect() as connection, module_world.connect() as hearing:
        test = stored.add_test(connection, str(uuid4()), definition_of())
        hearing.execute("LISTEN storepulse_experiments")
        connection.execute(
            "UPDATE ab_test_phases SET settled_at = now() WHERE test_id = %s", (UUID(test),)
        )
        assert list(hearing.notifies(timeout=0.3)) == []
        set_status(connection, test, "paused")
        assert [notice.payload for notice in hearing.notifies(timeout=5, stop_after=1)] == [
            "update"
        ]


def test_the_gateway_may_read_what_it_serves(module_world: World) -> None:
    running = RunningTests(NOWHERE)
    with psycopg.connect(module_world.settings_of("gateway").dsn) as connection:
        running.read(connection)
    assert running.table.is_loaded
