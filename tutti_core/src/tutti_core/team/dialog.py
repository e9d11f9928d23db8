"""The dialog on an agent's screen: which one it is, and which keys give which answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from ..detection.regions import RULE_LINE, rows_of
from ..watching.stall import still
from .asking import name_of

if TYPE_CHECKING:
    from ..model.reading import Evidence, Option
    from ..watching.look import Voice

WORDS = ("allow", "always", "deny")
"""The answers that are given by their meaning."""
ABOVE = 12
"""So many filled rows above the first choice belong to a dialog that no line is drawn above."""
HEAD = 20
"""So many characters of a choice tell its row: the rest may be wrapped."""
MARKS = "❯›→▶"
_SPINNER = re.compile(r"(?m)[⠀-⣿◐◓◑◒✢✳✶✻✽░█]|^[•◦·*](?= )")


class Dialog(NamedTuple):
    """One dialog, so exactly that another one is never taken for it.

    Attributes:
        pane: The pane it is in.
        created: When that session was made, in epoch seconds.
        rule: The rule that recognised it.
        kind: One of `KINDS`.
        detail: What it asks.
        options: What can be chosen.
        answers: What to press for an answer.
        body: The rows above its first choice, without spinners.
        rows: All its rows as they stand there, without those that spin.
        at: The number of the choice that Enter would take, from 0; None if none is marked.
    """

    pane: str
    created: float
    rule: str
    kind: str
    detail: str
    options: tuple[Option, ...]
    answers: Mapping[str, str]
    body: str
    rows: tuple[str, ...]
    at: int | None = None

    def like(self, other: Dialog) -> bool:
        """Return whether another look may show the same one, if a clock in it went on."""
        return self[:7] == other[:7] and still(self.body) == still(other.body)

    @property
    def id(self) -> str:
        """What tells it from any other dialog, in eight characters."""
        told = (*self[:6], sorted(self.answers.items()), self.body)
        return blake2b(repr(told).encode("utf-8", "replace"), digest_size=4).hexdigest()


class Press(NamedTuple):
    """What gives an answer.

    Attributes:
        answer: ``allow``, ``always`` or ``deny``; empty for a choice of another kind.
        option: The text of the choice; empty if the keys are none of one.
        keys: The keys.
        walk: The number of the choice, from 0, that is to be gone to with the arrow keys first;
            None if it has a key of its own.
        words: What is written into that choice before the keys; empty for nothing.
        goes: What goes to that choice at once; empty for the arrow keys.
    """

    answer: str
    option: str
    keys: tuple[str, ...]
    walk: int | None = None
    words: str = ""
    goes: str = ""


def dialog_of(voice: Voice, rules: Mapping[str, Any] | None) -> Dialog | None:
    """Return the dialog that an agent shows, or None if none is recognised on its screen.

    Args:
        voice: The agent.
        rules: Compiled rules of its runtime, or None if there are none.
    """
    reading, session = voice.reading, voice.session
    if session is None or session.dead or not (reading.state == "waiting" or reading.kind):
        return None
    said = next((one for one in reading.evidence if one.source == "screen" and one.kind), None)
    if said is None or rules is None:
        return None
    rows = rows_of(voice.seen.screen.text) if voice.seen.screen else []
    first = _first(rows, said)
    body = _body(rows[:first])
    shown = [row for row in (*body, *rows[first:]) if row.strip() and not _SPINNER.search(row)]
    return Dialog(
        session.pane,
        session.created,
        said.rule,
        said.kind,
        said.detail,
        said.options,
        said.answers,
        _SPINNER.sub("", "\n".join(body)),
        tuple(shown),
        _marked(rows[first:], said.options),
    )


def press_of(dialog: Dialog, answer: str) -> Press | str:
    """Return what to press for an answer, or in words why nothing is.

    Args:
        dialog: The dialog.
        answer: ``allow``, ``always`` or ``deny``; or the key or the text of a choice.
    """
    if answer in WORDS:
        keys = dialog.answers.get(answer, "")
        return _press(dialog, answer, keys) if keys else f"it has no answer {answer!r}"
    found = _chosen(dialog, answer)
    if isinstance(found, str):
        return found
    option = dialog.options[found]
    keys = option.key or f"#{found + 1}"
    word = next((word for word, said in dialog.answers.items() if said == keys), "")
    return _press(dialog, word, keys)


def writing(dialog: Dialog, words: str) -> Press | None:
    """Return how words of one's own are given, None if a dialog takes none.

    Args:
        dialog: The dialog.
        words: The words.
    """
    keys = dialog.answers.get("text", "")
    if keys.startswith("#"):
        return Press("text", "", ("Enter",), int(keys[1:]) - 1, words)
    place = next((n for n, one in enumerate(dialog.options) if keys and one.key == keys), None)
    return None if place is None else Press("text", "", ("Enter",), place, words, keys)


def choices(dialog: Dialog) -> str:
    """Return in words what can be answered; empty if nobody knows."""
    words = [word for word in WORDS if word in dialog.answers]
    texts = [f"{name_of(one.key, n)}: {one.text}" for n, one in enumerate(dialog.options)]
    return "; ".join(filter(None, [", ".join(words), *texts]))


def _press(dialog: Dialog, answer: str, keys: str) -> Press:
    """Return what gives an answer, by the keys of a rule: names, or ``#N`` for the Nth choice."""
    if keys.startswith("#"):
        place = int(keys[1:]) - 1
        return Press(answer, dialog.options[place].text, ("Enter",), place)
    names = tuple(keys.split())
    option = next((one.text for one in dialog.options if one.key == keys), "")
    return Press(answer, option, names)


def _chosen(dialog: Dialog, answer: str) -> int | str:
    """Return the number of the choice that is meant, from 0, or in words why none is."""
    texts = [one.text.casefold() for one in dialog.options]
    wanted = " ".join(answer.casefold().split())
    if not wanted:
        return "no answer was given"
    for number, one in enumerate(dialog.options):
        if wanted == name_of(one.key, number).casefold():
            return number
    for same in (str.__eq__, str.startswith, str.__contains__):
        found = [number for number, text in enumerate(texts) if same(text, wanted)]
        if len(found) == 1:
            return found[0]
        if found:
            return f"{answer!r} may mean several of its choices"
    return f"it has no choice {answer!r}"


def _body(above: list[str]) -> list[str]:
    """Return the rows of a dialog above its first choice: down from the last line drawn there."""
    ruled = [number for number, row in enumerate(above) if RULE_LINE.match(row)]
    own = above[ruled[-1] + 1 :] if ruled else above
    return [row for row in own if row.strip()][-ABOVE:]


def _first(rows: list[str], said: Evidence) -> int:
    """Return where the first choice stands; the end if the choices are not found in their order."""
    at = len(rows)
    for option in reversed(said.options):
        at = next((n for n in range(at - 1, -1, -1) if _mark(rows[n], option) is not None), -1)
    return at if at >= 0 else len(rows)


def _mark(row: str, option: Option) -> str | None:
    """Return what marks the row of a choice, empty for nothing; None if it is not its row."""
    words = r"\s+".join(map(re.escape, option.text[:HEAD].split()))
    number = rf"{re.escape(option.key)}[.)]\s+" if option.key else ""
    found = re.search(rf"(?:^|[│ ])([{MARKS}]?)\s+(?:{number})?{words}", f" {row}")
    return None if found is None else found[1]


def _marked(rows: list[str], options: tuple[Option, ...]) -> int | None:
    """Return the choice whose row begins with the mark of the one that is chosen."""
    for number, option in enumerate(options):
        marks = (_mark(row, option) for row in rows)
        if next((one for one in marks if one is not None), ""):
            return number
    return None
