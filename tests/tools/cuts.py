"""Cuts a saved screen into what people quote of one, and spoils it as quoting does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

NEAR = 14
"""So many rows above the last telling one belong to the same block."""

TELLING: Mapping[str, Mapping[str, str]] = {
    "claude-code": {
        "working": r"^[·✢✳✶✻✽*] \S+…|esc to interrupt|⎿ +Running…",
        "waiting": r"Do you want|Would you like|❯ \d\.|❯ (?:Yes|No)|Enter to|Esc to|trust",
        "auth_failed": r"⎿ .*(?:API key|Not logged in|40[13]|OAuth|/login|Credit)"
        r"|[●⏺] .*(?:/login|40[13])|[·✢✳✶✻✽*] .*40[13].*etrying|· Run /login|Select login",
        "rate_limited": r"⎿ .*(?:limit|429)|[●⏺] .*(?:429|limit reached)"
        r"|[·✢✳✶✻✽*] .*429.*etrying|limit to reset|⚠ Usage",
        "provider_down": r"⎿ .*(?:API Error|5\d\d|Connection)|[●⏺] API Error"
        r"|[·✢✳✶✻✽*] .*etrying",
        "idle": r"^[│ ]*[❯>](?:\s|$)",
    },
    "codex": {
        "working": r"esc to interrupt",
        "waiting": r"Would you like|› \d\.|Press enter|Trust|enter (?:continue|confirm|select)",
        "auth_failed": r"■ .*(?:40[13]|Missing)|└ [Uu]nexpected status 40|Sign in|Welcome to Codex",
        "rate_limited": r"■ ",
        "provider_down": r"■ |onnecting\.\.\.",
        "idle": r"^›(?:\s|$)",
    },
    "aider": {
        "working": r"Waiting for |░█|█░",
        "waiting": r"\(Y\)es|\[Yes\]",
        "auth_failed": r"AuthenticationError|not able to authenticate|Login to OpenRouter|No LLM",
        "rate_limited": r"RateLimitError|rate limited you",
        "provider_down": r"litellm\.\w+Error|down or overloaded",
        "idle": r"^[a-z-]*(?: ?multi)?>(?: |$)",
    },
    "openclaw": {
        "working": r"^ [⠀-⣿] .*•",
        "waiting": r"approval: (?!denied)|Severity|→ |Select Yes|Question pending|↑/↓",
        "auth_failed": r"auth or provider access|run error",
        "rate_limited": r"run error",
        "provider_down": r"run error",
        "idle": r"\| idle",
    },
}
"""What on a screen tells its state, by runtime and state."""

SPOILS: Mapping[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "blank rows below": lambda text: text + "\n" * 12,
    "blank rows above": lambda text: "\n\n\n" + text,
    "a shell above": lambda text: "user@host:~/p$ agent\n\n" + text,
    "other line ends": lambda text: text.replace("\n", "\r\n"),
    "no blank rows": lambda text: "".join(f"{row}\n" for row in text.split("\n") if row.strip()),
    "in colour": lambda text: "".join(
        f"\x1b[38;5;246m{row}\x1b[39m\x1b[K\n" for row in text.split("\n")
    ),
    "no line end": lambda text: text.strip("\n"),
}
"""What quoting does to a text."""


def cuts(text: str, telling: str) -> Iterator[str]:
    """Yield the pieces of a screen that somebody may quote for what it tells.

    Args:
        text: The screen.
        telling: A pattern for the rows that tell its state.
    """
    rows, tells = text.rstrip().split("\n"), re.compile(telling)
    hits = [number for number, row in enumerate(rows) if tells.search(row)]
    if not hits:
        return
    last = hits[-1]
    first = min(hit for hit in hits if last - hit < NEAR)
    around = [(last, last + 1), (max(0, last - 1), last + 2), (first, last + 1)]
    around += [(max(0, first - 1), last + 2), (last, len(rows)), (first, len(rows))]
    around += [(begin, len(rows)) for begin in _tails(rows) if begin <= last]
    for begin, end in around:
        yield "\n".join(rows[begin:end]) + "\n"


def _tails(rows: list[str]) -> list[int]:
    filled = [number for number, row in enumerate(rows) if row.strip()]
    return [filled[-count] for count in (3, 5, 8, 12) if len(filled) >= count]


def windows(text: str, size: int) -> Iterator[str]:
    """Yield every second window of so many rows of a screen that is not blank."""
    rows = text.rstrip().split("\n")
    for begin in islice(range(len(rows)), 0, None, max(1, size // 2)):
        cut = "\n".join(rows[begin : begin + size])
        if cut.strip():
            yield cut + "\n"
