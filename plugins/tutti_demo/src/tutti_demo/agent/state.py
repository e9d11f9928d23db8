"""What is shown, as plain values: the conversation, a dialog, and the state of the whole screen."""

from __future__ import annotations

from typing import NamedTuple

PERMISSION = "permission prompt"
QUESTION = "input needed"
DIALOG = "dialog open"
#: The mark of the composer, of what the user said, and of the chosen line of a dialog.
PROMPT = "\N{HEAVY RIGHT-POINTING ANGLE QUOTATION MARK ORNAMENT}"


class Block(NamedTuple):
    """One entry of the conversation.

    Attributes:
        kind: ``user say tool bang result done info``.
        text: What was said, or the title of a tool call.
        result: What a tool gave; empty while there is nothing.
    """

    kind: str
    text: str
    result: str = ""


class Dialog(NamedTuple):
    """A question that takes the place of the composer until it is answered.

    Attributes:
        waiting_for: What the live status says meanwhile; empty before the session exists.
        lines: The text above the options.
        options: The choices.
        chosen: Index of the marked choice, the one Enter takes.
        numbered: Whether choices carry numbers and digits answer.
        hint: The last line.
    """

    waiting_for: str
    lines: tuple[str, ...]
    options: tuple[str, ...]
    chosen: int = 0
    numbered: bool = True
    hint: str = "Esc to cancel"


class State:
    """Everything the screen and the title are drawn from.

    Attributes:
        phase: ``idle thinking streaming tool``; only ``idle`` is not working.
        status: What the working line says in place of the usual words, or nothing.
        trimmed: Whether the beginning of the conversation is no longer here.
        notice: A short remark in the footer, gone with the next key.
        context: Percent of context left, or -1 when it is not shown.
    """

    def __init__(self, name: str = "demo", cwd: str = "/", mode: str = "default") -> None:
        self.name, self.cwd, self.mode = name, cwd, mode
        self.session = ""
        self.started = False
        self.trimmed = False
        self.blocks: list[Block] = []
        self.draft = ""
        self.queued: list[str] = []
        self.dialog: Dialog | None = None
        self.phase = "idle"
        self.status = ""
        self.notice = ""
        self.context = -1
        self.elapsed = 0
        self.tick = 0
        self.tokens = 0

    @property
    def busy(self) -> bool:
        """Tell whether a turn or a command is under way."""
        return self.phase != "idle"
