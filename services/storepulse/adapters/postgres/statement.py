"""One statement of a .sql file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Self

#: `%(name)s` and its binary and text forms; any other percent sign is doubled.
PARAMETER = re.compile(r"%\((\w+)\)[sbt]")
#: `{name}`: a table or a list of columns, for which parameters are not possible.
IDENTIFIER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Statement(bytes):
    """A statement as psycopg sends it: bytes, so that it is not encoded again.

    `parameters` are the names of its values, `identifiers` the tables or columns that `with_names`
    must fill in first.
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
        """The statement as text."""
        return self.decode()

    def with_names(self, **names: str | Iterable[str]) -> Statement:
        """The statement with these tables and columns, quoted.

        Raises ValueError for a name with characters other than letters, digits and underscores, or
        if `names` are not the statement's identifiers.
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
