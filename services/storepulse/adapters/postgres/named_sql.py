"""Load SQL statements by name from files.

    -- A header at the very top describes the file.

    -- name: count_open
    -- A comment is under the name of its statement.
    SELECT count(*) FROM dead_letters WHERE {open} AND created_at < %(before)s;

    -- fragment: open
    status = 'open'

These rules are checked when a file is read: only the header precedes the first name, and no comment
follows a statement before the next name. Names are unique. A statement ends with a semicolon, which
is not sent; comments are not sent either. A fragment has no semicolon, and other statements include
it as `{name}`. Fragments of `fragments.sql` are available in all files of its folder. Other
`{names}` are for `Statement.with_names`. Parameters are `%(name)s`, never `%s` or `$1`. Any other
percent sign is doubled, and forbidden in statements without parameters, because psycopg sends those
unchanged. A name may hold several statements if they have no parameters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType

from storepulse.adapters.postgres.sql_tokens import Token, TokenKind, Unterminated, tokens_of
from storepulse.adapters.postgres.statement import IDENTIFIER, PARAMETER, Statement

PACKAGE = Path(__file__).parents[2]
FRAGMENTS = "fragments.sql"
_NAME = re.compile(r"-- (name|fragment): ([a-z][a-z0-9_]*)")
_LIKE_A_NAME = re.compile(r"--\s*(name|fragment)\s*:", re.IGNORECASE)
#: Patterns whose group `wrong` is forbidden in some kinds of tokens.
_FAULTS = (
    (
        (TokenKind.PLAIN, TokenKind.QUOTED),
        re.compile(rf"{PARAMETER.pattern}|%%|(?P<wrong>%)"),
        "a percent sign is neither %(name)s nor doubled",
    ),
    (
        (TokenKind.QUOTED,),
        re.compile(rf"(?P<wrong>{IDENTIFIER.pattern})"),
        "{name} stands within quotes",
    ),
    ((TokenKind.PLAIN,), re.compile(r"(?P<wrong>\$\d)"), "parameters are %(name)s, not positional"),
    (
        (TokenKind.PLAIN,),
        re.compile(rf"{IDENTIFIER.pattern}|(?P<wrong>[{{}}])"),
        "a brace does not belong to a {name}",
    ),
)


class MalformedSql(Exception):
    """A .sql file breaks the rules above, or a caller passes other parameters than it takes."""

    def __init__(self, file: str, line: int, name: str, fault: str) -> None:
        super().__init__(f"{file}:{line}: {name}: {fault}" if name else f"{file}:{line}: {fault}")


@dataclass(slots=True)
class _Section:
    """A named part of a file while it is read."""

    file: str
    name: str
    line: int
    is_fragment: bool
    tokens: list[Token] = field(default_factory=list)

    def malformed(self, line: int, fault: str) -> MalformedSql:
        return MalformedSql(self.file, line, self.name, fault)


def named_sql(file: str, /, **parameters: str) -> Mapping[str, Statement]:
    """The statements of `storepulse/<file>.sql` by name, in the file's order.

    `parameters` states what the caller passes to a statement, as in `claim="count now"`. Raises
    MalformedSql if the statement takes others.
    """
    statements = _statements_of_package(file)
    for name, text in parameters.items():
        if name not in statements:
            raise MalformedSql(f"{file}.sql", 1, name, "is not a statement of this file")
        wanted_names, passed_names = statements[name].parameters, frozenset(text.split())
        if wanted_names != passed_names:
            fault = f"takes {sorted(wanted_names)}, its caller passes {sorted(passed_names)}"
            raise MalformedSql(f"{file}.sql", 1, name, fault)
    return statements


@cache
def _statements_of_package(file: str) -> Mapping[str, Statement]:
    return read_statements(PACKAGE / f"{file}.sql")


def read_statements(path: Path) -> dict[str, Statement]:
    """The statements of a file by name. Raises MalformedSql."""
    shared = path.with_name(FRAGMENTS)
    has_shared = path != shared and shared.is_file()
    fragments = parse_fragments(shared.read_text("utf-8"), FRAGMENTS) if has_shared else {}
    return parse_statements(path.read_text("utf-8"), path.name, fragments)


def parse_fragments(text: str, file: str) -> dict[str, str]:
    """The fragments of a file's text by name. Raises MalformedSql."""
    return _fragments_of(_sections(text, file))


def _fragments_of(sections: list[_Section]) -> dict[str, str]:
    fragments = {part.name: _text_of(part) for part in sections if part.is_fragment}
    return {name: _fill(text, fragments) for name, text in fragments.items()}


def parse_statements(
    text: str, file: str, shared: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Statement]:
    """The statements of a file's text, which may use `shared` fragments; `file` is for errors.

    Raises MalformedSql.
    """
    sections = _sections(text, file)
    fragments = {**shared, **_fragments_of(sections)}
    statements: dict[str, Statement] = {}
    used: set[str] = set()
    for section in sections:
        _check_tokens(section)
        body = _text_of(section)
        used |= set(IDENTIFIER.findall(body))
        if not section.is_fragment:
            filled = _fill(body, fragments)
            statements[section.name] = statement = Statement(filled)
            _check_parameters(section, statement)
    for section in sections:
        if section.is_fragment and section.name not in used and file != FRAGMENTS:
            raise section.malformed(section.line, "is a fragment that no statement uses")
    return statements


def _fill(text: str, fragments: Mapping[str, str]) -> str:
    """The text with each fragment's `{name}` replaced; a fragment may use those before it."""
    for name, fragment in reversed(list(fragments.items())):
        text = text.replace(f"{{{name}}}", fragment)
    return text


def _sections(text: str, file: str) -> list[_Section]:
    """The named parts of a file, with unique names and everything between them checked."""
    sections: dict[str, _Section] = {}
    current: _Section | None = None
    header_ends = 0
    for token in _tokens(text, file):
        is_marker = token.kind is TokenKind.COMMENT and _LIKE_A_NAME.match(token.text) is not None
        if is_marker and current is None and token.line == header_ends + 1 > 1:
            raise MalformedSql(file, token.line, "", "a blank line must follow the file's header")
        if is_marker:
            current = _begin(token, file, current)
            if current.name in sections:
                raise current.malformed(token.line, "is defined twice in this file")
            sections[current.name] = current
        elif current is not None:
            current.tokens.append(token)
        elif token.kind is TokenKind.COMMENT and token.line == header_ends + 1:
            header_ends = token.line
        elif token.text.strip():
            raise MalformedSql(file, token.line, "", "stands before the first name")
    if current is not None:
        _require_end(current)
    return list(sections.values())


def _tokens(text: str, file: str) -> Iterator[Token]:
    try:
        yield from tokens_of(text)
    except Unterminated as error:
        raise MalformedSql(file, error.line, "", f"{error} does not end, or is /*") from None


def _begin(token: Token, file: str, previous: _Section | None) -> _Section:
    match = _NAME.fullmatch(token.text)
    if match is None:
        fault = f"{token.text!r} is not of the form `-- name: lower_case`"
        raise MalformedSql(file, token.line, "", fault)
    if previous is not None:
        _require_end(previous)
    return _Section(file, match[2], token.line, match[1] == "fragment")


def _require_end(section: _Section) -> None:
    """Raises MalformedSql if a section is empty, ends wrongly, or a comment follows its SQL."""
    solid = [token for token in section.tokens if token.text.strip()]
    if all(token.kind in (TokenKind.COMMENT, TokenKind.END) for token in solid):
        raise section.malformed(section.line, "is empty")
    if solid[-1].kind is TokenKind.COMMENT:
        fault = "a comment stands behind the statement; let it stand under the next name"
        raise section.malformed(solid[-1].line, fault)
    if (solid[-1].kind is TokenKind.END) is section.is_fragment:
        wanted = "must not end with" if section.is_fragment else "must end with"
        line = solid[-1].line + solid[-1].text.rstrip().count("\n")
        raise section.malformed(line, f"{wanted} a semicolon")


def _text_of(section: _Section) -> str:
    """A section without its comments, their empty lines, and its last semicolon."""
    text = ""
    after_comment = False
    for token in section.tokens:
        if token.kind is TokenKind.COMMENT:
            text, after_comment = text.rstrip(" "), True
            continue
        lonely = after_comment and text.endswith("\n")
        text += token.text.removeprefix("\n") if lonely else token.text
        after_comment = False
    return text.strip().removesuffix(";").rstrip()


def _check_tokens(section: _Section) -> None:
    for token in section.tokens:
        for kinds, pattern, fault in _FAULTS:
            matches = pattern.finditer(token.text) if token.kind in kinds else ()
            for match in matches:
                if match["wrong"]:
                    line = token.line + token.text.count("\n", 0, match.start())
                    raise section.malformed(line, fault)


def _check_parameters(section: _Section, statement: Statement) -> None:
    if not statement.parameters and statement.count(b"%"):
        raise section.malformed(section.line, "has a percent sign and no parameters")
    ends = sum(token.kind is TokenKind.END for token in section.tokens)
    if statement.parameters and ends > 1:
        raise section.malformed(section.line, "several statements take no parameters")
