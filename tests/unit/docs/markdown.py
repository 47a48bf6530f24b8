"""What a page of documentation says that can be checked: links, anchors, commands, files, names.

Everything here takes the text of a page and gives values; the tests hold these against the
repository.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "services" / "storepulse"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_FENCE = re.compile(r"^ *(```+|~~~+)(.*)$")
_HEADING = re.compile(r"^#{1,6} +(.*?) *#*$")
_LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(<?([^)\s>]+)>?(?: +\"[^\"]*\")?\)")
_HTML_LINK = re.compile(r"<(?:img|source|a)\b[^>]*?\b(?:src|srcset|href|id|name)=\"([^\"]+)\"")
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
#: `$ `, `VARIABLE=value `, and what runs a command in a container or a virtual environment.
_BEFORE_COMMAND = re.compile(
    r"^(?:\$ +)?(?:[A-Z_]+=\S+ +)*(?:docker compose exec +\S+ +)?(?:\S*/)?(?=storepulse\b)"
)
#: A word of code that could be a file or a folder: no spaces, no placeholders.
_PATH = re.compile(r"[\w.{},*-]+(?:/[\w.{},*-]+)*/?")
#: Programs that are Kafka's own stand in no folder of ours.
_SOURCE_FILE = re.compile(r"(?!kafka-)[\w.*-]+\.(?:py|sql|toml|avsc|sh|yml|md|in)")


def prose_and_code(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The page without its code blocks, and the blocks: (language, text)."""
    prose: list[str] = []
    blocks: list[tuple[str, str]] = []
    fence, language, code = "", "", list[str]()
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if fence and mark and mark[1].startswith(fence) and not mark[2].strip():
            blocks.append((language, "\n".join(code)))
            fence = ""
        elif fence:
            code.append(line)
        elif mark:
            fence, language, code = mark[1], mark[2].strip(), []
        else:
            prose.append(line)
    return "\n".join(prose), blocks


def anchors(text: str) -> set[str]:
    """The anchors of the page's headings, as GitHub makes them."""
    prose, _ = prose_and_code(text)
    result: set[str] = set()
    for line in prose.splitlines():
        if heading := _HEADING.match(line):
            title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1])
            slug = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
            number, name = 0, slug
            while name in result:
                number += 1
                name = f"{slug}-{number}"
            result.add(name)
    return result


def links(text: str) -> list[str]:
    """Targets of links and images that stay inside the repository."""
    prose, _ = prose_and_code(text)
    prose = _CODE_SPAN.sub("", prose)
    targets = [*_LINK.findall(prose), *_HTML_LINK.findall(prose)]
    return [target for target in targets if not re.match(r"[a-z][a-z0-9+.-]*:", target)]


def broken_links(page: Path, text: str) -> list[str]:
    """Links of `page` whose file, or whose anchor in it, does not exist."""
    return [target for target in links(text) if not resolves(page, text, target)]


def resolves(page: Path, text: str, target: str) -> bool:
    """Whether a relative link of `page`, which says `text`, leads somewhere."""
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    if not file.exists() or not file.is_relative_to(ROOT):
        return False
    if not anchor:
        return True
    return file.suffix == ".md" and anchor in anchors(text if file == page else file.read_text())


def code_spans(text: str) -> list[str]:
    """Inline code, each span on one line."""
    prose, _ = prose_and_code(text)
    return [" ".join(span.split()) for _, span in _CODE_SPAN.findall(prose)]


def shell_lines(text: str) -> list[str]:
    """Lines of the page's shell blocks, each with those that its quotations go on in."""
    _, blocks = prose_and_code(text)
    return [
        line
        for language, code in blocks
        if language in {"", "bash", "sh", "console", "shell"}
        for line in _whole_lines(code)
    ]


def shown_commands(text: str) -> list[list[str]]:
    """Arguments of each `storepulse …` in the page's shell blocks."""
    return [words for line in shell_lines(text) for words in _commands_of_line(line)]


def mentioned_commands(text: str) -> list[list[str]]:
    """The same of inline code, where an option may stand without its value."""
    return [words for span in code_spans(text) for words in _commands_of_line(span)]


def _whole_lines(code: str) -> Iterator[str]:
    line = ""
    for part in code.replace("\\\n", " ").splitlines():
        line = f"{line} {part}" if line else part
        if _words(line) is not None or not _BEFORE_COMMAND.match(line.strip()):
            yield line
            line = ""


def _words(line: str) -> list[str] | None:
    """The line as a shell takes it apart, None where a quotation does not end in it."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;>")
    lexer.whitespace_split = True
    try:
        return list(lexer)
    except ValueError:
        return None


def _commands_of_line(line: str) -> Iterator[list[str]]:
    words = _words(_BEFORE_COMMAND.sub("", line.strip())) or []
    for command in _split(words):
        if command and Path(command[0]).name == "storepulse":
            yield command[1:]


def _split(words: list[str]) -> Iterator[list[str]]:
    command: list[str] = []
    for word in words:
        if re.fullmatch(r"[|&;>]+", word):
            yield command
            # What follows `>` is a file, not a command.
            command = [""] if word.startswith(">") else []
        else:
            command.append(word)
    yield command


def named_paths(text: str) -> list[str]:
    """Files and folders of the repository that the page's inline code names."""
    folders = (*ROOT.iterdir(), *PACKAGE.iterdir())
    tops = {path.name for path in folders if not path.name.startswith(".")}
    named = []
    for span in code_spans(text):
        for word in span.split():
            if _PATH.fullmatch(word) is None:
                continue
            first, slash, _ = word.partition("/")
            if (slash and first in tops) or _SOURCE_FILE.fullmatch(word):
                named.append(word)
    return named


def is_there(path: str) -> bool:
    """Whether a named path exists: from the root, in the package, or, for a bare name, anywhere."""
    patterns = _alternatives(path.rstrip("/"))
    if "/" in path:
        return all(
            any(any(folder.glob(pattern)) for folder in (ROOT, PACKAGE)) for pattern in patterns
        )
    folders = [folder for folder in ROOT.iterdir() if not folder.name.startswith(".")]
    return any(ROOT.glob(path)) or any(
        any(folder.rglob(path)) for folder in folders if folder.is_dir()
    )


def _alternatives(path: str) -> list[str]:
    """`a/{b,c}` as `a/b` and `a/c`."""
    braces = re.search(r"\{([^{}]*)\}", path)
    if braces is None:
        return [path]
    return [
        alternative
        for choice in braces[1].split(",")
        for alternative in _alternatives(path[: braces.start()] + choice + path[braces.end() :])
    ]
