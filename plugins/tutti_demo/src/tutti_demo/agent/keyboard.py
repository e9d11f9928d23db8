"""Keys into what they mean now: an edit, a prompt, a command, an answer."""

from __future__ import annotations

from collections.abc import Iterator

from tutti_demo.agent.desk import CANCELLED
from tutti_demo.agent.input import Key
from tutti_demo.agent.session import Session
from tutti_demo.agent.state import Block, Dialog

AGAIN = 1.0
_HELP = """Enter sends · M-Enter or C-j: new line · C-u clears · Esc interrupts · C-d: exit
! first: a shell command · /status /help /exit · a space first: plain text"""


class Keyboard:
    """Applies keys to a session.

    Args:
        session: The session.
        began: When the program was ready for keys, in seconds of the monotonic clock.
    """

    def __init__(self, session: Session, began: float) -> None:
        self._session, self._state = session, session.state
        self._began = began
        self._armed = 0.0
        self._chances = _chances(session.options.swallow_enter, session.options.seed)
        self._heard: Dialog | None = None
        self._drops = 0
        self.redraw = False

    @property
    def due(self) -> float | None:
        """When the offer to exit ends, or None."""
        return self._armed or None

    def expire(self, now: float) -> None:
        """Withdraw the offer to exit when its time is over."""
        if self._armed and now >= self._armed:
            self._armed, self._state.notice = 0.0, ""

    def press(self, key: Key, now: float) -> None:
        """Apply one key."""
        self._state.notice = ""
        if self._state.dialog is None:
            self._heard = None
            self._request(self._session.composer.press(key), key, now)
        elif not self._dropped(self._state.dialog):
            self._answer(key, now)
        self._state.draft = self._session.composer.shown

    def _dropped(self, dialog: Dialog) -> bool:
        """Return whether a dialog lets this key drop, as some do that have only just come up."""
        same = dialog._replace(chosen=0)
        if same != self._heard:
            self._heard, self._drops = same, self._session.options.drop_keys
        self._drops -= 1
        return self._drops >= 0

    def _request(self, request: str, key: Key, now: float) -> None:
        armed, self._armed = self._armed > now, 0.0
        if request == "submit":
            self._submit(now)
        elif request == "cancel":
            self._cancel(now, armed)
        elif request == "unknown":
            self._state.notice = f"{key.value} means nothing here"
        elif request:
            getattr(self, f"_{request}")()

    def _submit(self, now: float) -> None:
        composer, session = self._session.composer, self._session
        if now < self._began + session.options.swallow or next(self._chances):
            return
        text = composer.take()
        if not text.strip():
            self._state.notice = "Nothing to send"
        elif text.startswith("!"):
            session.bang(text[1:].strip(), now)
        elif text.startswith("/") or text == "?":
            self._command(text.split()[0])
        else:
            session.submit(text, now)

    def _command(self, name: str) -> None:
        state, desk = self._state, self._session.desk
        if name in {"/exit", "/quit"}:
            self._session.goodbye()
        elif name in {"/help", "?"}:
            desk.add(Block("info", _HELP))
        elif name == "/status":
            system = f"{len(self._session.options.system)} characters of instructions"
            about = f"session {state.session} · {state.mode} · {state.phase} · {system}"
            desk.add(Block("info", about))
        else:
            desk.add(Block("say", f"Unknown command: {name}"))

    def _escape(self) -> None:
        if self._state.busy:
            self._session.interrupt()
        else:
            self._state.notice = "Nothing to interrupt"

    def _recall(self) -> None:
        if self._state.queued:
            self._session.recall()
        else:
            self._state.notice = "No queued messages"

    def _cancel(self, now: float, armed: bool) -> None:
        if armed:
            self._session.goodbye()
        elif self._state.busy and not self._session.composer.text:
            self._session.interrupt()
        else:
            self._session.composer.clear()
            self._armed = now + AGAIN
            self._state.notice = "Press Ctrl-C again to exit"

    def _end(self) -> None:
        if self._session.composer.text:
            self._state.notice = "C-d ends only with an empty draft"
        else:
            self._session.goodbye()

    def _redraw(self) -> None:
        self.redraw = True

    def _answer(self, key: Key, now: float) -> None:
        dialog = self._state.dialog
        assert dialog is not None
        if key.kind != "key":
            self._typed(key, now)
        elif key.value == "enter":
            self._session.answer(dialog.chosen, now)
        elif key.value in {"escape", "C-c"}:
            self._session.answer(CANCELLED, now)
        elif key.value in {"up", "down"}:
            step = 1 if key.value == "down" else -1
            chosen = (dialog.chosen + step) % len(dialog.options)
            self._state.dialog = dialog._replace(chosen=chosen)
        else:
            self._state.notice = f"{key.value} means nothing here"

    def _typed(self, key: Key, now: float) -> None:
        """Answer with the first character that does; typed ones after it go where keys go then."""
        for index, char in enumerate(key.value):
            choice = self._choice(char, key.kind == "paste")
            if choice is None:
                continue
            self._session.answer(choice, now)
            rest = key.value[index + 1 :]
            if rest and key.kind == "text":
                self.press(Key("text", rest), now)
            return
        self._state.notice = "That answers nothing"

    def _choice(self, char: str, pasted: bool) -> int | None:
        dialog = self._state.dialog
        assert dialog is not None
        if pasted and char == "\n":
            return dialog.chosen
        digits = "123456789"[: len(dialog.options)] if dialog.numbered else ""
        return digits.index(char) if char in digits else None


def _chances(chance: float, seed: int) -> Iterator[bool]:
    """Tell at each Enter whether it is lost; the same seed gives the same losses.

    Yields:
        True for an Enter that is lost.
    """
    if not chance:
        while True:
            yield False
    import random

    luck = random.Random(seed)  # noqa: S311
    while True:
        yield luck.random() < chance
