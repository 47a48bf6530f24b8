"""One statement of a .sql file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Self

#: `%(name)s` and its binary and text forms; the percent sign of anything else is doubled.
PARAMETER = re.compile(r"%\((\w+)\)[sbt]")
#: `{name}`: the name of a table or a list of columns, which no parameter can be.
IDENTIFIER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Statement(bytes):
    """A statement as psycopg sends it: bytes, so that nothing is encoded again.

    `parameters` are the names of its values, `identifiers` those of the tables or columns that
    `with_names` must fill in first.
    """

    parameters: frozenset[str]
    identifiers: frozenset[str]

    def __new__(cls, text: str) -> Self:
        self = super().__new__(cls, text.encode())
        self.parameters = frozenset(PARAMETER.findall(text))
        self.identifiers = frozenset(IDENTIFIER.findall(text))
        return self

    @property
    def text(self) -> str:
        """The statement for people."""
        return self.decode()

    def with_names(self, **names: str | Iterable[str]) -> Statement:
        """The statement about these tables and columns, quoted.

        Raises ValueError for a name of other characters than letters, digits and underscores, and
        where `names` are not the statement's identifiers.
        """
        if names.keys() != self.identifiers:
            raise ValueError(f"names {sorted(names)}, wanted are {sorted(self.identifiers)}")
        quoted = {
            identifier: ", ".join(map(_quote, [name] if isinstance(name, str) else name))
            for identifier, name in names.items()
        }
        return Statement(IDENTIFIER.sub(lambda match: quoted[match[1]], self.text))


def _quote(name: str) -> str:
    if not _PLAIN_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a plain name")
    return f'"{name}"'
