"""The parts of a screen that rules look at, so that no rule depends on a fixed number of rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

RULE_LINE = re.compile(r"^\s*[╭╰├│┌└]?[─━═▔▁]{8,}.*$")


def rows_of(text: str) -> list[str]:
    """Return the rows of a screen without trailing blanks and without blank rows at the end."""
    rows = [row.rstrip() for row in text.splitlines()]
    while rows and not rows[-1]:
        rows.pop()
    return rows


def region(rows: Sequence[str], name: str) -> str:
    """Return one region of a screen as text.

    Args:
        rows: The screen's rows, as `rows_of` gives them.
        name: A key of `REGIONS`, with ``:N`` for the number of rows where it takes one.
    """
    word, _, count = name.partition(":")
    return "\n".join(REGIONS[word](rows, int(count or 0)))


def _screen(rows: Sequence[str], _count: int) -> Sequence[str]:
    return rows


def _bottom(rows: Sequence[str], count: int) -> Sequence[str]:
    return _filled(rows)[-count:]


def _below_rule(rows: Sequence[str], _count: int) -> Sequence[str]:
    ruled = _ruled(rows)
    return rows[ruled[-1] + 1 :] if ruled else rows


def _composer(rows: Sequence[str], _count: int) -> Sequence[str]:
    ruled = _ruled(rows)
    return rows[ruled[-2] + 1 : ruled[-1]] if len(ruled) > 1 else ()


def _tail(rows: Sequence[str], count: int) -> Sequence[str]:
    ruled = _ruled(rows)
    above = rows[: ruled[-2]] if len(ruled) > 1 else rows
    return _filled(above)[-count:]


def _filled(rows: Sequence[str]) -> Sequence[str]:
    return [row for row in rows if row.strip()]


def _ruled(rows: Sequence[str]) -> list[int]:
    return [number for number, row in enumerate(rows) if RULE_LINE.match(row)]


REGIONS: Mapping[str, Callable[[Sequence[str], int], Sequence[str]]] = {
    "screen": _screen,
    "bottom": _bottom,
    "below_rule": _below_rule,
    "composer": _composer,
    "tail": _tail,
}
"""``screen`` all of it; ``bottom:N`` the last N filled rows; ``below_rule`` what stands under the
last horizontal rule; ``composer`` what stands between the last two; ``tail:N`` the last N filled
rows above the composer, where a conversation's newest lines are."""
