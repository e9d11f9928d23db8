"""`answer`: a dialog is answered, that very one or none, and what became of it is proven.

Whoever answers has seen a dialog; by the time a key arrives there may be another one, or the
composer. So it is read, read again under the lock of the pane, and the key is passed on only while
the rows of that dialog are on the screen. Then it must go away.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NamedTuple

import attrs

from ..model.contract import PressesWhile
from ..model.happening import Action, Receipt
from ..model.reading import KINDS, Option
from ..state.lock import Lock
from .attach import session_of
from .dialog import Dialog, Press, choices, dialog_of, press_of
from .send import LOCK_SECS, SendRequest, send

if TYPE_CHECKING:
    from collections.abc import Collection

    from ..watching.look import Voice
    from .context import Context

TRIES = 5
LOOK_SECS = 0.1
PROOF_SECS = 5.0
"""How long a dialog that was answered may stay."""
LOOKS = 2
"""So many looks must show it gone: a screen may be half redrawn."""
DRAWN_SECS = 2.0
"""How long a dialog may take to be drawn."""
MOVE_SECS = 2.0
"""How long an arrow key may take to show."""
STEPS = 30
"""So often an arrow key is pressed at most on the way to a choice."""
BY_ANSWER = frozenset(("permission", "question", "dialog"))


@attrs.frozen
class AnswerRequest:
    """What `answer` takes.

    Attributes:
        agent: The agent.
        answer: ``allow``, ``always`` or ``deny``; or the key or the text of a choice.
        text: What to tell the agent beside it: after ``deny`` as its next prompt.
        dialog: The id of the dialog that is meant, as `tt status --json` tells it; empty for
            whichever is there.
        dry_run: Whether to say only what would be pressed.
        without: Unowned tables to go on without.
    """

    agent: str
    answer: str
    text: str = ""
    dialog: str = ""
    dry_run: bool = False
    without: tuple[str, ...] = ()


@attrs.frozen
class Answered:
    """What became of an answer, said only as far as it is proven.

    Attributes:
        outcome: ``answered`` the dialog went away; ``refused`` nothing was pressed;
            ``unanswered`` the dialog is still there; ``unknown`` nothing proves either;
            ``possible`` if it was a dry run.
        workspace: The workspace's name.
        agent: The agent's name.
        dialog: The id of the dialog; empty if there was none.
        kind: What kind it is, one of `KINDS`.
        question: What it asked.
        shown: The rows of it above its choices.
        options: What could be chosen: a ``key``, empty if it has none of its own, and a ``text``.
        answers: Which of ``allow``, ``always``, ``deny`` it has.
        answer: Which of them was given; empty for another choice.
        option: The text of the choice that was made.
        keys: What was pressed, or would be.
        by: Who answered: ``agent:NAME`` or ``user:NAME``.
        evidence: What the outcome stands on, in one line.
        ms: Milliseconds from the request to the outcome.
        hint: What the user can do.
        warnings: What guards had to say.
        said: What became of the text beside it, if there was one.
    """

    outcome: str
    workspace: str
    agent: str
    dialog: str = ""
    kind: str = ""
    question: str = ""
    shown: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    answers: tuple[str, ...] = ()
    answer: str = ""
    option: str = ""
    keys: tuple[str, ...] = ()
    by: str = ""
    evidence: str = ""
    ms: int = 0
    hint: str = ""
    warnings: tuple[str, ...] = ()
    said: Receipt | None = None


class Word(NamedTuple):
    """What became of an answer, what that stands on, and what to do about it."""

    outcome: str
    evidence: str
    hint: str = ""


class _Refused(Exception):
    """Nothing was pressed."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.reason, self.hint = reason, hint


def answer(context: Context, request: AnswerRequest) -> Answered:
    """Answer the dialog of an agent: a permission, a question, a menu; never that of trust.

    Args:
        context: The workspace.
        request: The agent and the answer.

    Raises:
        ConfigError: If there is no such agent.
        RuntimeFailure: If it is not running.
        PolicyError: If a guard refuses.
        PluginError: If a table of the configuration has no working owner.
    """
    return give(context, request, BY_ANSWER)


def give(context: Context, request: AnswerRequest, kinds: Collection[str]) -> Answered:
    """Answer a dialog of some kinds, as `answer` does.

    Args:
        context: The workspace.
        request: The agent and the answer.
        kinds: The kinds of dialogs that may be answered so.
    """
    context.begin_acting(request.without)
    begun = time.monotonic()
    one = _Answering(context, request, kinds)
    word = one.run()
    told = one.told(word, round((time.monotonic() - begun) * 1000))
    if request.dry_run:
        return told
    _record(context, told)
    if told.outcome == "answered" and request.text:
        after = SendRequest(request.agent, request.text, without=request.without)
        told = attrs.evolve(told, said=send(context, after))
    return told


def question(context: Context, agent: str) -> Answered:
    """Return what an agent asks, as an answer that was not given; refused if it asks nothing.

    Args:
        context: The workspace.
        agent: The agent.

    Raises:
        ConfigError: If there is no such agent.
        RuntimeFailure: If it is not running.
    """
    session_of(context, agent)
    return _Answering(context, AnswerRequest(agent, ""), KINDS).asked()


class _Answering:
    """One answer on its way.

    Attributes:
        dialog: The dialog that is answered, once it was seen.
        press: What gives the answer, once that is known.
    """

    def __init__(self, context: Context, request: AnswerRequest, kinds: Collection[str]) -> None:
        self.context, self.request, self.kinds = context, request, kinds
        self.by = answerer()
        self.dialog: Dialog | None = None
        self.press: Press | None = None
        self.warnings: tuple[str, ...] = ()

    def run(self) -> Word:
        name = self.request.agent
        session_of(self.context, name)
        try:
            self.dialog = self._found()
            self.press = self._pressing(self.dialog)
            if self.request.dry_run:
                return Word("possible", "nothing was pressed")
            self.warnings = self.context.permit(self._action(self.dialog, self.press))
            path = self.context.places.lock(f"pane-{name}")
            with Lock(path, timeout=LOCK_SECS, purpose="tt answer"):
                at = self._pressed(self.dialog, self.press)
                return self._proof(self.dialog, at)
        except _Refused as refused:
            return Word("refused", refused.reason, refused.hint)

    def asked(self) -> Answered:
        try:
            self.dialog = self._found()
        except _Refused as refused:
            return self.told(Word("refused", refused.reason, refused.hint), 0)
        return self.told(Word("possible", "nothing was pressed"), 0)

    def told(self, word: Word, spent: int) -> Answered:
        dialog, press = self.dialog, self.press
        said = Answered(
            word.outcome,
            self.context.name,
            self.request.agent,
            by=self.by,
            evidence=word.evidence,
            ms=spent,
            hint=word.hint,
            warnings=self.warnings,
        )
        if dialog is not None:
            said = attrs.evolve(
                said,
                dialog=dialog.id,
                kind=dialog.kind,
                question=dialog.detail,
                shown=tuple(dialog.body.split("\n")),
                options=dialog.options,
                answers=tuple(dialog.answers),
            )
        if press is None:
            return said
        return attrs.evolve(said, answer=press.answer, option=press.option, keys=press.keys)

    def _found(self) -> Dialog:
        """Return the dialog there is, given a moment: a screen may be half redrawn."""
        name, kinds = self.request.agent, self.kinds
        voice, dialog = self._looked_for()
        if dialog is None:
            raise _Refused(*_no_dialog(voice))
        if dialog.kind not in kinds:
            trust = dialog.kind == "trust"
            hint = f"tt trust {name}" if trust else f"tt answer {name}"
            what = f"it asks for {dialog.kind}" if trust else f"it asks a {dialog.kind}"
            raise _Refused(f"{what} ({dialog.detail})", hint)
        if self.request.dialog not in ("", dialog.id):
            said = f"it shows another dialog by now ({dialog.id}: {dialog.detail})"
            raise _Refused(said, f"tt status {name}")
        return dialog

    def _pressing(self, dialog: Dialog) -> Press:
        name, press = self.request.agent, press_of(dialog, self.request.answer)
        if isinstance(press, Press):
            if self.request.text and press.answer != "deny":
                why = "words go with deny only, as the agent's next prompt"
                raise _Refused(why, f"tt attach {name}")
            return press
        there = choices(dialog)
        said = f"{press}; there is {there}" if there else f"{press}: nobody knows how to answer it"
        raise _Refused(said, f"tt attach {name}")

    def _action(self, dialog: Dialog, press: Press) -> Action:
        data = {
            "kind": dialog.kind,
            "question": dialog.detail,
            "shown": dialog.body,
            "rule": dialog.rule,
            "answer": press.answer,
            "option": press.option,
            "text": self.request.text,
            "by": self.by,
        }
        return Action("answer", self.context.name, self.request.agent, data)

    def _pressed(self, dialog: Dialog, press: Press) -> float:
        """Press the keys while that very dialog is there; return when."""
        for _ in range(TRIES):
            voice = self._look()
            now = self._dialog(voice)
            if now is None or not now.like(dialog):
                raise self._changed(now)
            if voice.session is not None and voice.session.in_mode:
                self.context.host.leave_copy_mode(dialog.pane)
            if now.id != dialog.id:
                continue
            if press.walk is not None:
                now = self._walked(now, press.walk)
            at = time.time()
            if self._keys(now, press.keys):
                return at
        raise _Refused("its screen does not rest", f"tt attach {self.request.agent}")

    def _walked(self, dialog: Dialog, place: int) -> Dialog:
        """Go to a choice with the arrow keys, each seen to work before the next."""
        for _ in range(STEPS):
            at = dialog.at
            if at is None:
                break
            if at == place:
                return dialog
            if self._keys(dialog, ("Down" if at < place else "Up",)):
                dialog = self._moved(dialog)
        raise _Refused("its choices cannot be gone to", f"tt attach {self.request.agent}")

    def _moved(self, before: Dialog) -> Dialog:
        deadline = time.monotonic() + MOVE_SECS
        while time.monotonic() < deadline:
            now = self._dialog(self._look())
            if now is None or not now.like(before):
                raise self._changed(now)
            if now.at != before.at:
                return now
            time.sleep(0.03)
        raise _Refused("its choices cannot be gone to", f"tt attach {self.request.agent}")

    def _keys(self, dialog: Dialog, keys: Collection[str]) -> bool:
        host = self.context.host
        if isinstance(host, PressesWhile):
            return host.keys_while(dialog.pane, dialog.rows, *keys)
        host.keys(dialog.pane, *keys)
        return True

    def _proof(self, dialog: Dialog, at: float) -> Word:
        """Look until it is proven that the dialog went away."""
        deadline, gone = time.monotonic() + PROOF_SECS, 0
        name = self.request.agent
        while time.monotonic() < deadline:
            voice = self._look()
            session = voice.session
            if session is None or session.dead or session.pane != dialog.pane:
                said = voice.reading.detail or "its session is gone"
                return Word("unknown", f"it ended ({said})", f"tt peek {name}")
            evidence = self._went(dialog, voice, at)
            gone = gone + 1 if evidence else 0
            if gone >= LOOKS:
                return Word("answered", evidence)
            time.sleep(LOOK_SECS)
        if gone:
            return Word("unknown", "its screen does not rest", f"tt attach {name}")
        return Word("unanswered", "the dialog is still there", f"tt attach {name}")

    def _went(self, dialog: Dialog, voice: Voice, at: float) -> str:
        """Return what shows that a dialog went away; empty if nothing does."""
        now, reading = self._dialog(voice), voice.reading
        if now is not None:
            other = not now.like(dialog) or (reading.since or 0.0) > at
            return f"another one is there: {now.detail}" if other else ""
        if reading.state in ("starting", "unknown") or reading.kind:
            return "it is no longer on the screen" if not self._rows_left(dialog, voice) else ""
        source = reading.evidence[0].source if reading.evidence else "its screen"
        return f"{source} says {reading.state.replace('_', ' ')}"

    @staticmethod
    def _rows_left(dialog: Dialog, voice: Voice) -> bool:
        text = voice.seen.screen.text if voice.seen.screen else ""
        return bool(dialog.rows) and all(row.strip() in text for row in dialog.rows)

    def _changed(self, now: Dialog | None) -> _Refused:
        what = f"another one is there: {now.detail}" if now else "it is gone"
        return _Refused(f"the dialog changed in between: {what}", f"tt status {self.request.agent}")

    def _looked_for(self) -> tuple[Voice, Dialog | None]:
        """Look for the dialog, given a moment: an agent may say that it asks before it draws it."""
        deadline = time.monotonic() + DRAWN_SECS
        while True:
            voice = self._look()
            dialog = self._dialog(voice)
            waits = voice.reading.state == "waiting" and time.monotonic() < deadline
            if dialog is not None or not waits:
                return voice, dialog
            time.sleep(0.05)

    def _dialog(self, voice: Voice) -> Dialog | None:
        return dialog_of(voice, self.context.digest["rules"].get(voice.runtime))

    def _look(self) -> Voice:
        name = self.request.agent
        return self.context.voices([name]).get(name) or self.context.voices()[name]


def answerer() -> str:
    """Return who answers: the agent in whose pane this runs, else the user."""
    agent = os.environ.get("TUTTI_AGENT")
    if agent:
        return f"agent:{agent}"
    import pwd

    try:
        return f"user:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:
        return f"user:{os.getuid()}"


def _no_dialog(voice: Voice) -> tuple[str, str]:
    reading = voice.reading
    if reading.state == "waiting" or reading.kind:
        why = f"it waits for an answer ({reading.kind}: {reading.detail}), and its screen shows"
        return f"{why} no dialog that is known", f"tt attach {voice.agent}"
    return f"it asks nothing: it is {reading.state.replace('_', ' ')}", f"tt status {voice.agent}"


def _record(context: Context, told: Answered) -> None:
    """Write down what became of an answer; what was said beside it is nobody's business."""
    keys = ("outcome", "by", "kind", "question", "answer", "option", "keys", "evidence", "ms")
    data = {key: getattr(told, key) for key in keys}
    context.log.note("answered", agent=told.agent, **data)
    data["keys"] = " ".join(told.keys)
    if told.outcome == "answered":
        context.emit("agent.answered", told.agent, data)
    else:
        context.emit("answer.failed", told.agent, data)
