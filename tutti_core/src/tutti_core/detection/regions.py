"""The parts of a screen that rules look at, so that no rule depends on a fixed number of rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

RULE_LINE = re.compile(r"[╭╰├┌└]?[─━═▔▁▄▀]{8,}")
"""A horizontal rule from the left edge; what a conversation or a draft quotes is indented."""

MARKED = re.compile(r"[^\w\s!-/:-@\[-`{-~]|[>!*] ")
"""A row that begins with a mark, such as a prompt's or an answer's, and not with words."""


@lru_cache(maxsize=1024)
def pattern(regex: str) -> re.Pattern[str]:
    """Return a compiled pattern, compiled when it is first needed."""
    return re.compile(regex)


def rows_of(text: str) -> list[str]:
    """Return the rows of a screen without trailing blanks and without blank rows at the end.

    Blanks that do not break are blanks: which of the two is drawn differs by version.
    """
    rows = [row.rstrip() for row in text.replace("\xa0", " ").splitlines()]
    while rows and not rows[-1]:
        rows.pop()
    return rows


class Parts:
    """The regions of one screen, each cut out when it is first asked for.

    Args:
        rows: The screen's rows, as `rows_of` gives them.
        composer: The `[composer]` part of a rule file: what it begins with, what is not below one,
            and whether it hangs or is where the cursor is; without it any two lines are taken for a
            composer's.
        marks: Patterns by name, for ``since``.
        cursor: The row in which the cursor is shown, or None.
        whole: Whether the rows are all that the pane shows. Of a piece, what would stand above the
            composer may be all there is, and blank rows may have been lost.

    Attributes:
        rows: The rows.
        marks: The marks.
        cursor: The cursor's row.
        whole: Whether they are all that the pane shows.
    """

    def __init__(
        self,
        rows: Sequence[str],
        composer: Mapping[str, Any] | None = None,
        marks: Mapping[str, str] | None = None,
        cursor: int | None = None,
        whole: bool = True,
    ) -> None:
        self.rows, self.marks, self.cursor, self.whole = rows, marks or {}, cursor, whole
        self._look = composer or {}
        self._prompt = self._look.get("prompt", "")
        self._cut: dict[str, str] = {}

    def region(self, name: str) -> str:
        """Return one region as text.

        Args:
            name: A key of `REGIONS`, with ``:N`` or ``:MARK`` behind it where it takes one.
        """
        if name not in self._cut:
            word, _, more = name.partition(":")
            self._cut[name] = REGIONS[word](self, more)
        return self._cut[name]

    @cached_property
    def ruled(self) -> list[int]:
        """The rows that are horizontal rules."""
        return [number for number, row in enumerate(self.rows) if RULE_LINE.match(row)]

    @cached_property
    def box(self) -> tuple[int, int] | None:
        """The rows above and below the composer, or None if the screen shows no composer."""
        if self._look.get("cursor"):
            return self._typed()
        return self._hung() if self._look.get("hanging") else self._boxed()

    def _boxed(self) -> tuple[int, int] | None:
        if len(self.ruled) < 2:
            return None
        top, bottom = self.ruled[-2:]
        if self.rows[top][0] in "╰└":  # the end of another box
            return None
        inside, below = (
            "\n".join(rows) for rows in (self.rows[top + 1 : bottom], self.rows[bottom + 1 :])
        )
        if "gone" in self._look and pattern(self._look["gone"]).search(below):
            return None
        return (top, bottom) if pattern(self._prompt).search(inside) else None

    def _hung(self) -> tuple[int, int] | None:
        """Return the rows around a composer that ends at the last blank row: a footer follows."""
        edge = [number for number, row in enumerate(self.rows) if row[:1].strip()]
        if not edge or not pattern(self._prompt).search(self.rows[edge[-1]]):
            return None
        blank = [n for n in range(edge[-1] + 1, len(self.rows)) if not self.rows[n]]
        return edge[-1] - 1, blank[-1] if blank else len(self.rows)

    def _typed(self) -> tuple[int, int] | None:
        """Return the rows around a composer that ends where the cursor is.

        Each of its rows begins with the prompt. Between them and the rule above may stand what
        they are about, but no blank row. A screen without rules has nothing but its rows.
        """
        end = self.cursor if self.cursor is not None else len(self.rows)
        top = end
        while 0 <= top < len(self.rows) and pattern(self._prompt).search(self.rows[top]):
            top -= 1
        if top == end:
            return None
        if not self.ruled:  # nothing is drawn between what was said and what is typed
            return top, end + 1
        over = next((n for n in range(top, -1, -1) if not self.rows[n] or n in self.ruled), -1)
        return None if over >= 0 and not self.rows[over] else (over, end + 1)

    @property
    def above(self) -> Sequence[str]:
        """The rows above the composer; all of them if there is none."""
        if self.box is None:
            return self.rows
        top = max(self.box[0], 0)
        # Above one that hangs no line is drawn, and its blank row may have been lost.
        lost = self._look.get("hanging") and any(self.rows[top : self.box[0] + 1])
        return self.rows[: top + bool(lost)]

    @property
    def spoken(self) -> str:
        """The conversation: what stands above the composer; nothing if a whole screen shows none.

        Where all blank rows were lost, a mark at the left edge begins something.
        """
        if self.whole:
            return "\n".join(self.above) if self.box else ""
        rows = list(self.above)
        if all(self.rows):
            rows = [f"\n{row}" if self._begins(n) else row for n, row in enumerate(rows)]
        return "\n".join(rows).lstrip("\n")

    def _begins(self, number: int) -> bool:
        return MARKED.match(self.rows[number]) is not None and number - 1 not in self.ruled


def _screen(parts: Parts, _: str) -> str:
    return "\n".join(parts.rows)


def _bottom(parts: Parts, count: str) -> str:
    return _last(parts.rows, count)


def _below_rule(parts: Parts, _: str) -> str:
    return "\n".join(parts.rows[parts.ruled[-1] + 1 :] if parts.ruled else parts.rows)


def _cursor(parts: Parts, count: str) -> str:
    if parts.cursor is None:
        return ""
    # What is blank down there is not among the rows.
    rows = [*parts.rows, ""][: parts.cursor + 1]
    return "\n".join(rows[-int(count or 0) :])


def _composer(parts: Parts, _: str) -> str:
    return "\n".join(parts.rows[parts.box[0] + 1 : parts.box[1]]) if parts.box else ""


def _footer(parts: Parts, _: str) -> str:
    if parts.box is None:
        return "" if parts.whole else _below_rule(parts, "")
    return "\n".join(parts.rows[parts.box[1] + 1 :])


def _tail(parts: Parts, count: str) -> str:
    return _last(parts.above, count)


def _modal(parts: Parts, count: str) -> str:
    return "" if parts.box else _last(parts.rows, count)


def _since(parts: Parts, mark: str) -> str:
    """Return nothing without a composer: where a conversation ends is known only above one."""
    text = parts.spoken
    begins = [found.start() for found in pattern(parts.marks[mark]).finditer(text)]
    return text[begins[-1] :] if begins else text


def _last(rows: Sequence[str], count: str) -> str:
    return "\n".join([row for row in rows if row.strip()][-int(count or 0) :])


REGIONS: Mapping[str, Callable[[Parts, str], str]] = {
    "screen": _screen,
    "bottom": _bottom,
    "below_rule": _below_rule,
    "cursor": _cursor,
    "composer": _composer,
    "footer": _footer,
    "tail": _tail,
    "modal": _modal,
    "since": _since,
}
"""``screen`` all of it; ``bottom:N`` the last N filled rows; ``below_rule`` what stands under the
last horizontal rule; ``cursor:N`` the last N rows down to the one in which the cursor is shown, and
nothing where it is hidden; ``composer`` what stands between the last two rules, if it begins as a
composer does, or what hangs from the last row at the left edge or ends where the cursor is, if that
is how it is drawn; ``footer`` what stands under the composer; ``tail:N`` the last N filled rows
above it; ``modal:N`` the last N filled rows of a screen that shows no composer, because something
else takes the keys; ``since:MARK`` what stands above the composer, from the last match of a mark
on, or all of it if what the mark is about has scrolled off."""

SPOKEN = frozenset(("screen", "bottom", "tail", "since"))
"""The regions in which a conversation may stand; the others hold what is drawn around one."""

COUNTED = frozenset(("bottom", "cursor", "tail", "modal"))
"""The regions that take a number of rows; without one, or with 0, they are all of them."""
