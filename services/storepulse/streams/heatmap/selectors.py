"""What a CSS selector says about its element: whether it reacts to clicks, and whether people click
it repeatedly on purpose.

A selector names its element (the last part) and ancestors of it (earlier parts, unless `+` or `~`
follows: those are siblings). An element reacts to clicks if it or a named ancestor

- has an interactive tag: link, button, form field, label, summary, option, player;
- has an interactive attribute: such a `role`, `onclick`, `href`, `data-cta`, `contenteditable`,
  `tabindex` (except -1);
- has a class, an id or a custom tag with a word `btn`, `button`, `cta` or `link`, unless its last
  word means a container (`button-row`, `btn-group`).

Words are separated by `-` and `_`. An element is clicked in series (a stepper, a number field,
next, previous) if it or a named ancestor

- is a field of type `number` or `range`, or has the role `spinbutton` or `slider`;
- has a class, an id, an `aria-label`, a `title`, a `name` or a `data-action` with a word such as
  `qty`, `plus`, `decrease`, `next`, `previous`; `#__next`, the root of Next.js, does not count.

Every expression runs in linear time.
"""

from __future__ import annotations

import polars as pl

from storepulse.domain.folding import OTHER

_TAGS = (
    "a|area|button|input|select|textarea|label|summary|option|optgroup|video|audio"  # as HTML has
)
_ROLES = (
    "button|link|checkbox|radio|switch|tab|option|menuitem|menuitemcheckbox|menuitemradio"
    "|combobox|textbox|searchbox|slider|spinbutton|treeitem"
)
_ATTRIBUTES = (
    rf"""(?i)\[\s*(?:role\s*=\s*["']?(?:{_ROLES})["']?\s*(?:i\s*)?\]"""
    r"""|(?:onclick|href|data-cta|contenteditable)\s*[\]=~|^$*]"""
    r"""|tabindex\s*=\s*["']?[0-9])"""
)
#: Replaces an attribute that makes the element interactive; no selector contains it.
_REACTS = "\ue000["
_CONTENT = r"""\[(?:"[^"]*"|'[^']*'|[^\]"'])*(?:\]|$)|\([^()]*\)"""
_CONTAINERS = (
    r"(?i)[.#]?[a-z0-9]+(?:[-_]+[a-z0-9]+)*[-_]+"
    r"(?:groups?|rows?|cols?|columns?|wrap|wrapper|container|toolbar|bar|list|area|box|grid|panel"
    r"|section|holder|stack|set)\b"
)
_LIVE = (
    r"(?i)(?:^|[\s>+~])"
    rf"(?:(?:{_TAGS})(?:[.#:\x{{e000}}][^\s>+~]*)?"
    r"|[^\s>+~]*\x{e000}[^\s>+~]*"
    r"|(?:[^\s>+~]*[.#])?(?:[a-z0-9]+[-_]+)*(?:btn|button|cta|link)(?:[-_.#:][^\s>+~]*)?)"
    r"(?:\s*$|\s*>|\s+[^\s>+~])"
)
_SERIES_WORDS = (
    "qty|quantity|stepper|plus|minus|increment|decrement|increase|decrease|next|prev|previous"
)
_SERIES = (
    r"""(?i)input[^\s>+~]*\[\s*type\s*=\s*["']?(?:number|range)\b"""
    r"""|\[\s*role\s*=\s*["']?(?:spinbutton|slider)\b"""
    rf"|[.#](?:[a-z0-9]+[-_]+)*(?:{_SERIES_WORDS})(?:[-_\s.#:>+~\[]|$)"
    r"""|\[\s*(?:aria-label|title|name|data-action)\s*[~|^$*]?=\s*["']?(?:[^\]"']*[^\]"'a-z])?"""
    rf"""(?:{_SERIES_WORDS})(?:[^\]"'a-z]|["'\]])"""
)
_KNOWN = ~pl.col("selector").is_in(["", OTHER])
_SELECTOR = pl.col("selector").str.strip_chars()


def is_dead() -> pl.Expr:
    """Whether `selector` names an element that does not react to clicks; False if it names none."""
    parts = (
        _SELECTOR.str.replace_all(_ATTRIBUTES, _REACTS)
        .str.replace_all(_CONTENT, "")
        .str.replace_all(_CONTAINERS, "")
    )
    return (
        (_KNOWN & (_SELECTOR != "") & ~parts.str.contains(_LIVE))
        .fill_null(value=False)
        .alias("dead")
    )


def is_clicked_in_series() -> pl.Expr:
    """Whether `selector` names an element that people click repeatedly on purpose."""
    parts = _SELECTOR.str.replace_all("#__next", "", literal=True)
    return (_KNOWN & parts.str.contains(_SERIES)).fill_null(value=False).alias("series")


#: Cached judgements: a shop's selectors recur.
_judged: dict[str, tuple[bool, bool]] = {}
_MOST_JUDGED = 20_000


def judge(selectors: pl.Series) -> pl.DataFrame:
    """Return `dead` and `series` of each of these distinct selectors, in their order."""
    found = [_judged.get(selector) for selector in selectors]
    is_unknown = [judgement is None for judgement in found]
    unknown = selectors.filter(pl.Series(is_unknown, dtype=pl.Boolean))
    if len(unknown):
        frame = unknown.to_frame("selector").select(is_dead(), is_clicked_in_series())
        new = dict(zip(unknown, frame.rows(), strict=True))
        if len(_judged) + len(new) > _MOST_JUDGED:
            _judged.clear()
        _judged.update(list(new.items())[:_MOST_JUDGED])
        found = [
            new[selector] if judgement is None else judgement
            for selector, judgement in zip(selectors, found, strict=True)
        ]
    return pl.DataFrame(found, schema={"dead": pl.Boolean, "series": pl.Boolean}, orient="row")
