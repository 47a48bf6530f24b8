"""The SQL of this folder with its fragments filled in."""

from __future__ import annotations

from functools import cache

from storepulse.adapters.postgres.named_sql import named_sql


@cache
def load_statements(file: str) -> dict[str, str]:
    """The statements of `dead_letters/<file>.sql` by name."""
    fragments = named_sql("dead_letters/fragments")
    return {
        name: _fill(text, fragments) for name, text in named_sql(f"dead_letters/{file}").items()
    }


def _fill(text: str, fragments: dict[str, str]) -> str:
    """The text with each `{name}` replaced; a fragment may name others."""
    for name, fragment in fragments.items():
        if f"{{{name}}}" in text:
            text = text.replace(f"{{{name}}}", _fill(fragment, fragments))
    return text
