"""Every private part of Faust and aiokafka that is used, by the module that uses it.

A module that begins to use another one, or defines a name that its base class has, fails until the
part is listed here; a version of a library that no longer has a part fails, too. What the parts do
is held by `test_faust_contract.py` and `test_fetching.py`.
"""

from __future__ import annotations

import ast
import inspect
import re
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import faust
import faust.streams
import pytest
from aiokafka.consumer import fetcher, group_coordinator
from aiokafka.record import default_records, memory_records
from faust.tables import TableManager
from faust.transport.drivers import aiokafka as driver

import storepulse
from storepulse.slices import worker
from storepulse.slices.driver import (
    batches,
    compression,
    faust_app,
    fetching,
    membership,
    salvage,
    slice_consumer,
)
from storepulse.slices.watching import lag

Parts = dict[Any, set[str]]

PARTS: dict[ModuleType, Parts] = {
    slice_consumer: {
        driver.Consumer: {
            "_acked", "_acked_index", "_active_partitions", "_add_gap", "_buffered_partitions",
            "_commit", "_committed_offset", "_get_active_partitions", "_new_offset", "_read_offset",
            "_seek", "_thread", "_wait_next_records",
        },
        driver.AIOKafkaConsumerThread: {"_ensure_consumer"},
    },
    faust_app: {
        faust.App: {"_new_consumer", "_new_transport"},
        TableManager: {"_update_channels"},
        driver.Transport: set(),
    },
    membership: {
        group_coordinator.GroupCoordinator: {
            "_group_instance_id", "_send_req", "_session_timeout_ms",
        },
    },
    fetching: {
        fetcher.Fetcher: {"_fetch_max_wait_ms", "_get_actions_per_node"},
        fetcher.PartitionRecords: {
            "_aborted_producers", "_aborted_transactions", "_check_crcs",
            "_consume_aborted_up_to", "_records", "_records_iterator", "_tp", "_unpack_records",
        },
        fetcher.FetchResult: {"_partition_records", "_topic_partition", "_update_position"},
    },
    batches: {memory_records.MemoryRecords: set(), default_records.DefaultRecordBatch: set()},
    compression: {},
    salvage: {},
    worker: {faust.streams: {"_CStreamIterator"}},
    lag: {driver.Consumer: {"_committed_offset"}},
}  # fmt: skip

PINNED = ("faust-streaming", "aiokafka")
_PRIVATE = re.compile(r"_[A-Za-z]\w*")


@cache
def sources_of(owner: Any) -> str:
    """The source of a class and its bases, as far as they are written in Python."""
    sources = []
    for base in getattr(owner, "__mro__", ()):
        with suppress(OSError, TypeError):
            sources.append(inspect.getsource(base))
    return "\n".join(sources)


def has_part(owner: Any, name: str) -> bool:
    """Whether a class or module has an attribute, or a class sets it on its instances."""
    is_set = rf"self\.{name}\b[^=\n]*=[^=]"
    return hasattr(owner, name) or re.search(is_set, sources_of(owner)) is not None


def private_names(module: ModuleType) -> tuple[set[str], set[str]]:
    """Private attributes that a module uses, and private names that it defines."""
    uses: set[str] = set()
    definitions: set[str] = set()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            definitions.add(node.name)
        elif isinstance(node, ast.Attribute):
            name = node.value.id if isinstance(node.value, ast.Name) else ""
            if name != "os":
                uses.add(node.attr)
            if isinstance(node.ctx, ast.Store) and name == "self":
                definitions.add(node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            definitions.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # As in getattr.
            uses.add(node.value)
    return tuple({n for n in names if _PRIVATE.fullmatch(n)} for names in (uses, definitions))  # type: ignore[return-value]


@pytest.mark.parametrize("module", PARTS, ids=lambda module: module.__name__)
def test_every_private_part_that_is_used_is_listed(module: ModuleType) -> None:
    listed = set().union(*PARTS[module].values())
    uses, definitions = private_names(module)
    own = {n for n in definitions if not any(has_part(owner, n) for owner in PARTS[module])}
    assert (uses | definitions) - own == listed


@pytest.mark.parametrize(
    ("owner", "name"),
    [(o, n) for parts in PARTS.values() for o, names in parts.items() for n in sorted(names)],
)
def test_the_libraries_have_the_parts(owner: Any, name: str) -> None:
    assert has_part(owner, name)


def test_every_module_of_the_driver_is_looked_into() -> None:
    folder = Path(inspect.getfile(fetching)).parent
    names = {f.stem for f in folder.glob("*.py")} - {"__init__"}
    assert names <= {module.__name__.rsplit(".", 1)[1] for module in PARTS}
    # The others touch these libraries by their public names, and Faust's alone.
    slices = folder.parent
    importing = {
        f.relative_to(slices).as_posix()
        for f in slices.rglob("*.py")
        if re.search(r"^\s*(import|from) (faust|aiokafka|mode)\b", f.read_text(), re.MULTILINE)
    }
    assert {f for f in importing if not f.startswith("driver/")} == {"application.py", "worker.py"}


@pytest.mark.parametrize("package", PINNED)
def test_libraries_with_private_parts_are_pinned_exactly(package: str) -> None:
    requirements = Path(storepulse.__file__).parents[2] / "requirements.in"
    assert re.search(rf"^{package}==\S+$", requirements.read_text(), re.MULTILINE)
