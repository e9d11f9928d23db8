"""One prompt of a step: sent once, waited for, its files collected; gone on with after a kill.

Before each effect it is noted what is about to be done: the id under which the prompt is sent, and
how the files were that the agent is to write. Whoever goes on asks delivery what became of the
prompt of that id.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tutti_core import Attempt, Context, Turn, Typed, answered
from tutti_core.errors import StepStopped

from ..model import StepFailed
from .ensure import CATEGORIES, begin
from .exchange import WAIT_SECS, Exchange
from .files import inject
from .gathering import Gathering
from .posting import Posting, sent_before

if TYPE_CHECKING:
    from .prompt import PromptKeys


class _There(Exception):
    """What was waited for is there."""


class Talk:
    """One attempt at a step of type `prompt`.

    Args:
        context: The workspace.
        step: The step's keys.
        attempt: The attempt.
    """

    def __init__(self, context: Context, step: PromptKeys, attempt: Attempt) -> None:
        self.it = Exchange(context, step, attempt)
        self.files = Gathering(self.it)
        self.posting = Posting(self.it, self.files.changed)

    def run(self) -> dict[str, Any]:
        """Do it, and return what came of it."""
        try:
            return self._done()
        except StepStopped as stopped:
            raise self._left_to_it(stopped) from stopped

    def _left_to_it(self, stopped: StepStopped) -> StepStopped:
        """Say of an agent that has the prompt that nobody stopped it."""
        agent, receipt = self.it.agent, self.it.done.get("receipt") or {}
        if receipt.get("outcome") != "submitted":
            return stopped
        said = f"{stopped.message}; {agent} has the prompt, and was not stopped"
        error = StepStopped(said, hint=f"a resumed run waits for it; tt status, tt attach {agent}")
        error.data = dict(self.it.done)  # type: ignore[attr-defined]  # as any error may have it
        return error

    def _done(self) -> dict[str, Any]:
        it, step = self.it, self.it.step
        typed = self._gone_on_with()
        if typed is None:
            it.done["started"] = begin(it.context, it.agent, it.attempt)["started"]
            self._prepare()
            typed = self.posting.send(step.text)
        if step.wait_for_idle:
            self._await(typed)
        elif step.waits:
            self._watch(typed)
        if step.output_json is not None:
            self._collect(typed)
        if self.files.artifact is not None:
            self.files.keep(self.files.artifact)
        return it.done

    def _gone_on_with(self) -> Typed | None:
        """Return what an interrupted attempt's prompt was typed into, if it provably was."""
        it, sent = self.it, sent_before(self.it)
        if sent is None:
            return None
        notes, found = sent
        before = dict(notes.get("before") or {})
        self.files.before = {str(key): str(one) for key, one in before.items()}
        it.attempt.note({"before": self.files.before, "posting": dict(notes["posting"])})
        it.attempt.say(f"goes on with the prompt that was sent: {found.evidence}")
        it.done["receipt"] = {"outcome": "submitted", "evidence": found.evidence}
        if found.typed is None:
            what = f"{it.agent} has ended since the prompt was sent"
            raise it.failed(what, f"tt up {it.agent}, then resume", "runtime")
        return found.typed

    def _prepare(self) -> None:
        """Bring files, and note how those are that the agent is to write."""
        step = self.it.step
        placed = inject(self.it.context, step.agent, step.inject_files, outside=step.allow_outside)
        if placed:
            self.it.done["injected"] = placed
        self.it.attempt.note({"before": self.files.look()})

    def _await(self, typed: Typed) -> None:
        """Wait until the agent is through, and hold that its turn ended well."""
        it = self.it
        turn, words = self._through(typed, self._looked)
        it.done["turn"] = turn.end
        it.done["completion_detail"] = turn.detail
        if turn.end == "done":
            it.done["completion_source"] = turn.source
            it.done["captured_output"] = words or None
            return
        it.attempt.check()
        if it.step.output_json is not None and self.files.is_whole(self.files.output):
            it.done["completion_source"] = "output_json"
            it.done["message"] = f"output_json detected though the turn ended {turn.end}"
            return
        raise self._unfinished(turn)

    def _through(self, typed: Typed, told: Callable[[Any, float], None]) -> tuple[Turn, str]:
        """Wait until the agent is through, also over questions that a person answers."""
        it, asked = self.it, ""
        while True:
            turn, words = answered(it.context, it.agent, typed, secs=it.left, told=told)
            if turn.end != "waiting" or it.left <= 0:
                return turn, words
            typed = typed._replace(worked=True)
            if turn.detail != asked:
                asked = turn.detail
                it.attempt.say(f"{it.agent} asks ({turn.kind}): {asked}")
            it.rest()

    def _unfinished(self, turn: Any) -> StepFailed:
        agent = self.it.agent
        if turn.end == "timeout":
            secs = self.it.step.wait_timeout_secs or WAIT_SECS
            what = f"wait_for_idle timed out after {secs:g} s: {agent}: {turn.detail}"
            hint = f"it was not stopped: tt status, or tt attach {agent}"
            return self.it.failed(what, hint, "runtime")
        kind = f" ({turn.kind})" if turn.kind else ""
        what = f"wait_for_idle failed: {agent} {turn.end.replace('_', ' ')}{kind}: {turn.detail}"
        category = CATEGORIES.get(turn.end, "runtime")
        return self.it.failed(what, f"tt peek {agent}, or tt attach {agent}", category)

    def _looked(self, voice: Any, elapsed: float) -> None:
        self.it.attempt.check()

    def _watch(self, typed: Typed) -> None:
        """Wait for the files that the agent is to write, as long as that may be."""
        if self.files.artifact is None:
            # It is told again as soon as it is through without them.
            with suppress(_There):
                self._through(typed, self._looked_for)
        while self.files.artifact is not None and not self.files.is_there():
            if self.it.left <= 0 or not self._same(typed):
                return
            self.it.rest()
        if self.files.is_there():
            self.it.done["completion_source"] = "files"

    def _looked_for(self, voice: Any, elapsed: float) -> None:
        self.it.attempt.check()
        if self.files.is_there():
            raise _There

    def _same(self, typed: Typed) -> bool:
        session = self.it.session()
        return session is not None and session.pane == typed.session.pane

    def _collect(self, typed: Typed) -> None:
        """Take the agent's JSON; tell it again if it is not there, as often as it may be told."""
        it, files, path = self.it, self.files, self.files.output
        for _ in range(it.step.reprompt):
            if files.is_whole(path) or files.settles(path) or it.left <= 0 or not self._same(typed):
                break
            why = files.wrong(path)
            it.attempt.say(f"{it.agent} is told again: {why}")
            typed = self.posting.send(_again(path, why))
            self._await(typed) if it.step.wait_for_idle else self._watch(typed)
        if not files.is_whole(path) and not files.settles(path):
            it.attempt.check()
            hint = f"tt peek {it.agent}; see whether the prompt names the file"
            raise it.failed(files.wrong(path), hint, "tool")
        files.take(path)


def _again(path: Path, why: str) -> str:
    return (
        f"The file {path} is needed to go on, but {why}. Write it now: one JSON value in UTF-8, "
        "and nothing else in it."
    )
