"""Split SQL into comments, quoted text and the rest: as much grammar as a loader needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

_TOKENS = re.compile(
    r"""
    (?P<comment> --[^\n]* )
  | (?P<quoted> (?<!\w)[eE]'(?:[^'\\]|\\.|'')*' | '[^']*' | "[^"]*"
              | \$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?\$(?P=tag)\$ )
  | (?P<end> ; )
  | (?P<broken> ['"] | /\* | \$(?:[A-Za-z_]\w*)?\$ )
  | (?P<plain> (?: [^'";\-/$eE] | (?!--|/\*|(?<!\w)[eE]'|\$(?:[A-Za-z_]\w*)?\$)[-/$eE] )+ )
    """,
    re.VERBOSE | re.DOTALL,
)


class TokenKind(Enum):
    """The kind of a piece of SQL."""

    COMMENT = auto()
    QUOTED = auto()
    END = auto()
    PLAIN = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of SQL with its first line, counted from 1."""

    kind: TokenKind
    text: str
    line: int


class Unterminated(ValueError):
    """An unterminated quote, or a comment in /* */; `line` is where it starts."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


def tokens_of(sql: str) -> Iterator[Token]:
    """Split a text into tokens that cover all of it. Raises Unterminated.

    A doubled quote ends one token and starts the next.
    """
    line = 1
    for match in _TOKENS.finditer(sql):
        kind, text = match.lastgroup or "", match[0]
        if kind == "broken":
            raise Unterminated(line, text)
        yield Token(_KINDS[kind], text, line)
        line += text.count("\n")


_KINDS = {
    "comment": TokenKind.COMMENT,
    "quoted": TokenKind.QUOTED,
    "end": TokenKind.END,
    "plain": TokenKind.PLAIN,
}
