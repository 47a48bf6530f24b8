"""The page for operators gives each Kafka user the rights on topics that it has."""

from __future__ import annotations

import re
from fnmatch import fnmatch

import pytest
from tests.unit.docs.markdown import ROOT

from storepulse.contracts.kafka_users import OPERATOR, SERVICES, SUBSCRIBER, rights_of
from storepulse.contracts.topics import load_catalog

PAGE = (ROOT / "docs" / "operations.md").read_text()
SECTION = PAGE.partition("\n## Users of Kafka\n")[2].partition("\n## ")[0]
ROWS = {
    user: (reads, writes)
    for user, reads, writes in re.findall(
        r"^\| `(\w+)`[^|]*\|([^|]*)\|([^|]*)\|", SECTION, re.MULTILINE
    )
}
CATALOG = load_catalog()
RIGHTS = rights_of(CATALOG)
TOPICS = {right.name for right in RIGHTS if right.resource == "topic"}
DEAD = {CATALOG.dlq(stream) for stream in CATALOG.streams}


def topics_of(cell: str) -> set[str]:
    """The topics that a cell of the table names."""
    if "all topics" in cell:
        return TOPICS
    named: set[str] = set()
    for pattern in re.findall(r"`([^`]+)`", cell):
        found = (
            DEAD if "<stream>" in pattern else {name for name in TOPICS if fnmatch(name, pattern)}
        )
        assert found, pattern
        named |= found
    return named


@pytest.mark.parametrize("user", [*SERVICES, OPERATOR, SUBSCRIBER])
def test_the_page_names_what_a_user_may_do(user: str) -> None:
    for operation, cell in zip(("read", "write"), ROWS[user], strict=True):
        allowed = {
            right.name
            for right in RIGHTS
            if (right.user, right.resource, right.operation) == (user, "topic", operation)
        }
        assert topics_of(cell) == allowed, operation
