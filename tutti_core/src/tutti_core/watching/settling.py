"""What is new on a screen: by comparing it, line by line, with what was there before.

A terminal program draws again and again over what it drew. Lines are taken for the same if they
say the same in the same order, wherever on the screen they stand by now; what has stood through
two looks has settled, and what still spins has not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

ALIKE = 3
"""So many lines that say the same, one after the other, are told as one and a number."""

ANCHOR = 20
"""So many lines at the beginning of a text tell where it begins in the one before."""

MOST = 1000
"""Lines of the one text that are searched for in the other, where both ends differ."""


STANDS_SECS = 1.2
"""What stands for so long on a screen that goes on changing has settled; a clock that counts
seconds never has."""


class Settler:
    """Gives what a terminal shows, each line once, as soon as it has settled.

    Args:
        known: The lines that need not be given.

    Attributes:
        known: The lines that were given and still stand.
        seen: The lines of the last look that counted.
        open: Whether something may have been shown that was not given yet.
    """

    def __init__(self, known: Sequence[str] = ()) -> None:
        self.known: Sequence[str] = known
        self.seen: Sequence[str] = known
        self.open = False
        self._then = 0.0

    def look(self, shown: Sequence[str], at: float, *, quiet: bool) -> list[str]:
        """Take a look and return the lines that are new and have settled.

        Args:
            shown: All lines the terminal has.
            at: Seconds on a clock that only goes forward.
            quiet: Whether nothing was printed for a while, so that all of it has settled.
        """
        self.open = not quiet
        if not quiet and at - self._then < STANDS_SECS:
            return []
        settled = shown if quiet else steady(self.seen, shown)
        new = fresh(self.known, settled)
        self.known, self.seen, self._then = settled, shown, at
        return new


def lines_of(text: str) -> list[str]:
    """Return the rows of a capture without blanks at their ends, and no blank rows at its end."""
    rows = [row.rstrip() for row in text.split("\n")]
    while rows and not rows[-1]:
        rows.pop()
    return rows


def fresh(known: Sequence[str], now: Sequence[str]) -> list[str]:
    """Return the lines of a screen that were not there before.

    Args:
        known: The lines before.
        now: The lines now.
    """
    same = _aligned(known, now)
    return [line for number, line in enumerate(now) if number not in same]


def steady(before: Sequence[str], now: Sequence[str]) -> list[str]:
    """Return the lines of a screen that stood there at an earlier look too.

    Args:
        before: The lines at the earlier look.
        now: The lines now.
    """
    same = _aligned(before, now)
    return [line for number, line in enumerate(now) if number in same]


def tidy(lines: Sequence[str]) -> list[str]:
    """Return lines as a person reads them: one blank line for many, and none at either end.

    Lines that say the same, one after the other, are told once with how many more there are.

    Args:
        lines: The lines.
    """
    told: list[str] = []
    for line, count in _runs(lines):
        if not line:
            told += [""] if told else []
        elif count < ALIKE:
            told += [line] * count
        else:
            told += [line, f"… {count - 1} more lines like this"]
    return told[:-1] if told and not told[-1] else told


def _runs(lines: Sequence[str]) -> Iterator[tuple[str, int]]:
    from itertools import groupby

    for line, same in groupby(lines):
        yield line, sum(1 for _ in same)


def _aligned(old: Sequence[str], new: Sequence[str]) -> set[int]:
    """Return which lines of the new text are lines of the old one, in the same order."""
    old = old[_scrolled(old, new) :]
    ahead, behind = _ends(old, new)
    found = {*range(ahead), *range(len(new) - behind, len(new))}
    left, right = old[ahead : len(old) - behind], new[ahead : len(new) - behind]
    if left and right:
        found |= {ahead + number for number in _matching(left[-MOST:], right[: 2 * MOST])}
    return found


def _scrolled(old: Sequence[str], new: Sequence[str]) -> int:
    """Return how many lines went out at the top, 0 if that cannot be told."""
    top = new[:ANCHOR]
    starts = (n for n in range(len(old)) if top and old[n] == top[0])
    return next((n for n in starts if old[n : n + len(top)] == top), 0)


def _ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """Return how many lines are the same at the beginning, and how many of the rest at the end."""
    most = min(len(old), len(new))
    ahead = next((n for n in range(most) if old[n] != new[n]), most)
    most -= ahead
    behind = next((n for n in range(most) if old[-1 - n] != new[-1 - n]), most)
    return ahead, behind


def _matching(old: Sequence[str], new: Sequence[str]) -> Iterator[int]:
    from difflib import SequenceMatcher

    for _, start, size in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        yield from range(start, start + size)
