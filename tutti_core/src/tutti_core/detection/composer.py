"""The composer: whether it is empty, and whether what stands in it is what we put there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .regions import Parts, pattern, rows_of

# Dim text, with the character under the cursor when the cursor stands on its beginning.
DIM = re.compile(
    r"(?:\x1b\[7m[^\x1b\n])?\x1b\[(?:0;)?2m.*?(?:\x1b\[(?:0|22)?(?:;[\d;]*)?m|$)", re.MULTILINE
)
LINES = frozenset("─━═▔▁│╭╮╰╯ ")
STYLE = re.compile(r"\x1b\[[\d;:]*m|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x0e\x0f]")
PASTED = re.compile(r"\[(?:Pasted (?:text|~|Content)|paste #\d+ )")


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
    rows = rows_of(STYLE.sub("", DIM.sub(_undimmed, styled)))
    # Where the cursor is to be looked for, what is last is taken for what is being typed.
    parts = Parts(rows, rules, cursor=len(rows) - 1)
    text = parts.region(rules.get("region", "composer"))
    begins = pattern(rules["prompt"])
    found = begins.search(text)
    if found is None:
        return None
    first, *more = text[found.end() :].split("\n")
    # Some say in front of every row that this is where prompts are typed.
    bare = [first, *(begins.sub("", row, count=1) for row in more)]
    return " ".join(" ".join(bare).replace("│", " ").split())


def ours(draft_text: str, sent: str) -> bool:
    """Return whether a draft is provably the text that was pasted.

    Args:
        draft_text: The draft as `draft` returns it.
        sent: The text that was pasted.
    """
    if PASTED.search(draft_text):
        return True
    return bool(draft_text) and _bare(sent).startswith(_bare(draft_text)[:200])


def unstyled(text: str) -> str:
    """Return a screen without its styles, as it is captured by default."""
    return STYLE.sub("", text)


def _undimmed(dim: re.Match[str]) -> str:
    """Leave out dim words and keep dim lines: they are what the composer is found by."""
    text = STYLE.sub("", dim[0])
    return text if LINES.issuperset(text) else ""


def _bare(text: str) -> str:
    return "".join(text.split())
