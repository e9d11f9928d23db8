"""The composer: whether it is empty, and whether what stands in it is what we put there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from .regions import Parts, pattern, rows_of

# Dim text, with the character under the cursor when the cursor stands on its beginning.
DIM = re.compile(
    r"(?:\x1b\[7m[^\x1b\n])?\x1b\[(?:0;)?2m.*?(?:\x1b\[(?:0|22)?(?:;[\d;]*)?m|$)", re.MULTILINE
)
LINES = frozenset("─━═▔▁│╭╮╰╯ ")
STYLE = re.compile(r"\x1b\[[\d;:]*m|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x0e\x0f]")
PASTED = re.compile(r"\[(?:Pasted (?:text|~|Content)|paste #\d+ )[^\]]*\]")
SIZE = re.compile(r"(\d+) (line|char)")
CUT = re.compile(r"\[\.\.\.Truncated text #\d+ \+\d+ lines\.\.\.\]")
Ours = Literal["", "part", "whole"]
SURE = 12
"""Characters that a short prompt must have to be known inside of what an agent made of it."""
ENOUGH = 60
"""Characters that a part of a long prompt must have to be known as one."""
MOST_ROWS = 16
"""So many rows tell a composer, and what stands below it, from anything else."""


def draft(styled: str, rules: Mapping[str, Any] | None) -> str | None:
    """Return what stands in the composer.

    Args:
        styled: The screen with its styles; dim text is a suggestion, nobody's draft.
        rules: The `[composer]` part of the runtime's rules.

    Returns:
        The draft, empty if there is none; None if the screen shows no composer.
    """
    if not rules:
        return None
    text = _parts(styled, rules).region(rules.get("region", "composer"))
    begins = pattern(rules["prompt"])
    found = begins.search(text)
    if found is None:
        return None
    first, *more = text[found.end() :].split("\n")
    # Some say in front of every row that this is where prompts are typed.
    bare = [first, *(begins.sub("", row, count=1) for row in more)]
    return " ".join(" ".join(bare).replace("│", " ").split())


def standing(styled: str, rules: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the rows of the composer and all below it, as they are drawn.

    Args:
        styled: The screen with its styles.
        rules: As for `draft`.

    Returns:
        The rows, none of them blank and those at the end where there are many; none if the screen
        shows no composer.
    """
    box = _parts(styled, rules).box
    if box is None:
        return ()
    rows = rows_of(unstyled(styled))[max(box[0], 0) :]
    return tuple(row for row in rows if row.strip())[-MOST_ROWS:]


def ours(draft_text: str, sent: str) -> Ours:
    """Return whether a draft is provably the text that was pasted, and nothing else.

    Args:
        draft_text: The draft as `draft` returns it.
        sent: The text that was pasted.

    Returns:
        ``whole`` if it is all of it, or the label that stands for it; ``part`` if a composer shows
        a part of it, long enough to be of no other text; empty if it may be anything else.
    """
    if not draft_text.strip():
        return ""
    if PASTED.fullmatch(draft_text.strip()):
        return "whole" if _label_fits(draft_text, sent) else ""
    shown, whole = _bare(draft_text), _bare(sent)
    if shown == whole:
        return "whole" if shown or draft_text.split() == sent.split() else ""
    cut = CUT.search(draft_text)
    if cut:
        first, last = _bare(draft_text[: cut.start()]), _bare(draft_text[cut.end() :])
        return "whole" if whole.startswith(first) and whole.endswith(last) else ""
    return "part" if len(shown) >= ENOUGH and shown in whole else ""


def alike(said: str, sent: str) -> bool:
    """Return whether what an agent says it was told is a text that was sent, or the head of it.

    Args:
        said: What the agent wrote down.
        sent: The text.
    """
    told, whole = _bare(said), _bare(sent)
    if told == whole:
        return True
    # What was pasted may have been put in between marks of the agent's own.
    return (len(told) >= ENOUGH and whole.startswith(told)) or (
        len(whole) >= SURE and whole in told
    )


def unstyled(text: str) -> str:
    """Return a screen without its styles, as it is captured by default."""
    return STYLE.sub("", text)


def _parts(styled: str, rules: Mapping[str, Any]) -> Parts:
    rows = rows_of(STYLE.sub("", DIM.sub(_undimmed, styled)))
    # Where the cursor is to be looked for, what is last is taken for what is being typed.
    return Parts(rows, rules, cursor=len(rows) - 1)


def _undimmed(dim: re.Match[str]) -> str:
    """Leave out dim words and keep dim lines: they are what the composer is found by."""
    text = STYLE.sub("", dim[0])
    return text if LINES.issuperset(text) else ""


def _label_fits(label: str, sent: str) -> bool:
    """Return whether a label speaks of as much as there is, however it is counted."""
    size = SIZE.search(label)
    if size is None:
        return "\n" not in sent
    lines = size[2] == "line"
    there, slack = (sent.count("\n"), 1) if lines else (len(sent), 2 + len(sent) // 50)
    return abs(int(size[1]) - there) <= slack


def _bare(text: str) -> str:
    """Return what of a text every terminal shows alike: neither blanks, borders nor pictures."""
    return "".join(c for c in text if c.isalnum() or ("!" <= c <= "~"))
