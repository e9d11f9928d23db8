"""`answer`: a dialog is answered, that very one or none, and what became of it is proven.

Whoever answers has seen a dialog; by the time a key arrives there may be another one, or the
composer. So it is read, read again under the lock of the pane, and the key is passed on only while
the rows of that dialog are on the screen. Then it must go away.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import attrs

from ..model.happening import Action, Receipt
from ..model.reading import KINDS, Option
from ..state.lock import Lock
from .asked import Asked, Refused, Word
from .attach import session_of
from .dialog import Dialog, Press, choices, press_of, writing
from .parting import prove
from .pressing import Finger
from .send import LOCK_SECS, SendRequest, send
from .writing import check_words, write

if TYPE_CHECKING:
    from collections.abc import Collection

    from .context import Context

BY_ANSWER = frozenset(("permission", "question", "dialog"))
NOTED = (
    *("outcome", "by", "kind", "question", "answer", "option"),
    *("keys", "presses", "evidence", "ms"),
)
"""What of an answer is written down."""


@attrs.frozen
class AnswerRequest:
    """What `answer` takes.

    Attributes:
        agent: The agent.
        answer: ``allow``, ``always`` or ``deny``; or the key or the text of a choice; empty for
            an answer in one's own words.
        text: These words; after ``deny`` what to tell the agent as its next prompt.
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
        answers: Which of ``allow``, ``always``, ``deny`` it has; ``text`` if it takes words of
            one's own.
        answer: Which of them was given; empty for another choice.
        option: The text of the choice that was made.
        keys: What was pressed, or would be.
        presses: How often that was pressed: again only where it was provably read and let drop.
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
    presses: int = 0
    by: str = ""
    evidence: str = ""
    ms: int = 0
    hint: str = ""
    warnings: tuple[str, ...] = ()
    said: Receipt | None = None


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
    if told.outcome == "answered" and request.text and request.answer:
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
        finger: What has pressed it, once it comes to that.
    """

    def __init__(self, context: Context, request: AnswerRequest, kinds: Collection[str]) -> None:
        self.context, self.request, self.kinds = context, request, kinds
        self.look = Asked(context, request.agent)
        self.by = answerer()
        self.dialog: Dialog | None = None
        self.press: Press | None = None
        self.finger: Finger | None = None
        self.warnings: tuple[str, ...] = ()

    def run(self) -> Word:
        session_of(self.context, self.request.agent)
        try:
            self.dialog = self.look.found(self.kinds, self.request.dialog)
            self.press = self._pressing(self.dialog)
            if self.request.dry_run:
                return Word("possible", "nothing was pressed")
            self.finger = Finger(self.look, self.dialog)
            self.warnings = self.context.permit(self._action(self.dialog, self.press))
            return self._given(self.finger, self.press)
        except Refused as refused:
            return refused.word

    def asked(self) -> Answered:
        try:
            self.dialog = self.look.found(self.kinds)
        except Refused as refused:
            return self.told(refused.word, 0)
        return self.told(Word("possible", "nothing was pressed"), 0)

    def told(self, word: Word, spent: int) -> Answered:
        said = Answered(
            word.outcome,
            self.context.name,
            self.request.agent,
            by=self.by,
            evidence=word.evidence,
            ms=spent,
            hint=word.hint,
            warnings=self.warnings,
            presses=self.finger.presses if self.finger else 0,
        )
        if self.dialog is not None:
            said = attrs.evolve(said, **_shown(self.dialog))
        press = self.press
        if press is None:
            return said
        return attrs.evolve(said, answer=press.answer, option=press.option, keys=press.keys)

    def _given(self, finger: Finger, press: Press) -> Word:
        path = self.context.places.lock(f"pane-{self.request.agent}")
        with Lock(path, timeout=LOCK_SECS, purpose="tt answer"):
            write(self.look, finger, press) if press.words else finger.press(press)
            return prove(self.look, finger)

    def _pressing(self, dialog: Dialog) -> Press:
        if self.request.text and not self.request.answer:
            return self._writing(dialog)
        name, press = self.request.agent, press_of(dialog, self.request.answer)
        if isinstance(press, Press):
            if press.answer == "text":
                raise Refused("that choice takes words", f'tt answer {name} --text "…"')
            if self.request.text and press.answer != "deny":
                why = "words go with deny only, as the agent's next prompt"
                raise Refused(why, f"tt attach {name}")
            return press
        there = choices(dialog)
        said = f"{press}; there is {there}" if there else f"{press}: nobody knows how to answer it"
        raise Refused(said, f"tt attach {name}")

    def _writing(self, dialog: Dialog) -> Press:
        name = self.request.agent
        press = writing(dialog, self.request.text)
        if press is not None:
            check_words(self.look, self.request.text)
            return press
        denies = f"tt answer {name} deny --text …" if "deny" in dialog.answers else ""
        there = choices(dialog)
        said = f"it takes no words of one's own; there is {there}" if there else ""
        raise Refused(said or "it takes no words of one's own", denies or f"tt attach {name}")

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


def _shown(dialog: Dialog) -> dict[str, Any]:
    return {
        "dialog": dialog.id,
        "kind": dialog.kind,
        "question": dialog.detail,
        "shown": tuple(dialog.body.split("\n")),
        "options": dialog.options,
        "answers": tuple(dialog.answers),
    }


def _record(context: Context, told: Answered) -> None:
    """Write down what became of an answer; what was said beside it is nobody's business."""
    data = {key: getattr(told, key) for key in NOTED}
    context.log.note("answered", agent=told.agent, **data)
    data["keys"] = " ".join(told.keys)
    if told.outcome == "answered":
        context.emit("agent.answered", told.agent, data)
    else:
        context.emit("answer.failed", told.agent, data)
