"""One prompt of a step: sent once, waited for, its files collected; gone on with after a kill.

Before each effect it is noted what is about to be done: the id under which the prompt is sent, and
how the files were that the agent is to write. Whoever goes on asks delivery what became of the
prompt of that id.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import attrs

from tutti_core import Attempt, Context, Posted, Turn, Typed, answered, posted, settled

from ..model import StepFailed
from .ensure import CATEGORIES, begin
from .files import Artifact, inject, kept_sources
from .outputs import OutputError, fingerprint, read_json
from .places import step_folder, tree_of, within

if TYPE_CHECKING:
    from .prompt import PromptKeys

WAIT_SECS = 900.0
GRACE_SECS = 30.0
LOOK_SECS = 0.5
STEADY_SECS = 1.0
"""How long a file must stay as it is to be taken for whole, while its writer may be at work."""
Fate = Literal["redo", "continue", "unknown"]


def fate_of(context: Context, step: PromptKeys, record: Mapping[str, Any]) -> Fate:
    """Say what becomes of an attempt that was interrupted, by looking.

    Args:
        context: The workspace.
        step: The step's keys.
        record: What is on record of it.
    """
    token, notes = record.get("token"), record.get("notes")
    if not isinstance(token, str) or not token or not isinstance(notes, Mapping):
        return "unknown"
    posting = notes.get("posting")
    if posting is None:
        return "redo"
    if not isinstance(posting, Mapping) or not isinstance(posting.get("id"), str):
        return "unknown"
    found = posted(context, step.agent, posting["id"], str(posting.get("text", "")))
    return _verdict(found)


def _verdict(found: Posted) -> Fate:
    if found.fate in ("submitted", "typing", "queued"):
        return "continue"
    return "redo" if found.fate in ("never", "refused") else "unknown"


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
        self.context, self.step, self.attempt = context, step, attempt
        self.until = time.monotonic() + (step.wait_timeout_secs or WAIT_SECS)
        self.done: dict[str, Any] = {"exit_code": 0, "message": None}
        self.artifact: Artifact | None = None
        if step.artifact_glob and step.artifact_name:
            self.artifact = Artifact(context, step.agent, step.artifact_glob, step.artifact_name)
        self.before: dict[str, str] = {}

    @property
    def left(self) -> float:
        """Seconds that are left for waiting."""
        left = self.attempt.left
        mine = max(0.0, self.until - time.monotonic())
        return mine if left is None else min(mine, left)

    def run(self) -> dict[str, Any]:
        """Do it, and return what came of it."""
        typed = self._gone_on_with()
        if typed is None:
            self.done["started"] = begin(self.context, self.step.agent, self.attempt)["started"]
            self._prepare()
            typed = self._sent(self.step.text)
        if self.step.wait_for_idle:
            self._await(typed)
        elif self.step.waits:
            self._watch(typed)
        if self.step.output_json is not None:
            self._collect(typed)
        if self.artifact is not None:
            self._keep(self.artifact)
        return self.done

    # Before.

    def _gone_on_with(self) -> Typed | None:
        """Return what an interrupted attempt's prompt was typed into, if it provably was."""
        notes = self.attempt.earlier.get("notes")
        posting = notes.get("posting") if isinstance(notes, Mapping) else None
        if not isinstance(notes, Mapping) or not isinstance(posting, Mapping):
            return None
        about = self.step.agent, str(posting.get("id")), str(posting.get("text", ""))
        found = posted(self.context, *about)
        if found.fate in ("typing", "submitted"):
            # What the killed process could not tell the journal any more is told now.
            after = settled(self.context, *about)
            found = found if found.fate == "submitted" else after
        if found.fate != "submitted":
            return None
        self.before = {str(key): str(one) for key, one in dict(notes.get("before") or {}).items()}
        self.attempt.note({"before": self.before, "posting": dict(posting)})
        self.attempt.say(f"goes on with the prompt that was sent: {found.evidence}")
        self.done["receipt"] = {"outcome": "submitted", "evidence": found.evidence}
        if found.typed is None:
            what = f"{self.step.agent} has ended since the prompt was sent"
            raise self._failed(what, f"tt up {self.step.agent}, then resume", "runtime")
        return found.typed

    def _prepare(self) -> None:
        """Bring files, and note how those are that the agent is to write."""
        placed = inject(
            self.context,
            self.step.agent,
            self.step.inject_files,
            outside=self.step.allow_outside,
        )
        if placed:
            self.done["injected"] = placed
        self.before = self.artifact.before() if self.artifact else {}
        if self.step.output_json is not None:
            path = self._output()
            self.before[str(path)] = fingerprint(path)
        self.attempt.note({"before": self.before})

    def _output(self) -> Path:
        tree = tree_of(self.context, self.step.agent)
        given = str(self.step.output_json)
        return within(tree, given, "output_json", anywhere=self.step.allow_outside)

    # The prompt.

    def _sent(self, text: str) -> Typed:
        """Give the agent a prompt as soon as it takes one; return what it was typed into."""
        told = ""
        while True:
            receipt = self._post(text)
            if receipt.outcome == "submitted":
                return self._typed(receipt, text)
            if receipt.outcome == "refused" and self.left > 0 and self._lives():
                if receipt.evidence != told:
                    told = receipt.evidence
                    self.attempt.say(f"waits: {self.step.agent} {told}")
                self._rest()
                continue
            if receipt.outcome == "unknown" and (typed := self._begun(receipt, text)):
                return typed
            raise self._undelivered(receipt)

    def _post(self, text: str) -> Any:
        """Send the prompt once, under an id of its own that is noted before."""
        self._free()
        self.attempt.check()
        act = f"prompt-{time.time_ns() // 1000}-{self.attempt.token}"
        self.attempt.note({"posting": {"id": act, "text": text, "at": time.time()}})
        send = self.context.plugins.verbs()["send"]
        request = send.request(
            self.step.agent, text, raw=self.step.raw, queue=False, correlation_id=act
        )
        receipt = send.run(self.context, request)
        self.done["receipt"] = attrs.asdict(receipt)
        self.done["posting"] = act
        for warning in receipt.warnings:
            self.attempt.say(f"{self.step.agent}: {warning}")
        return receipt

    def _free(self) -> None:
        """Wait while the agent is at work on something else."""
        said = False
        while self.left > 0:
            reading = self.context.voices([self.step.agent])[self.step.agent].reading
            if reading.state not in ("working", "waiting"):
                return
            if not said:
                said = True
                self.attempt.say(f"waits: {self.step.agent} is {reading.state} ({reading.detail})")
            self._rest()

    def _lives(self) -> bool:
        session = self.context.voices([self.step.agent])[self.step.agent].session
        return session is not None and not session.dead

    def _typed(self, receipt: Any, text: str) -> Typed:
        found = posted(self.context, self.step.agent, self.done["posting"], text)
        if found.typed is None:
            what = f"{self.step.agent} has ended since it took the prompt"
            raise self._failed(what, f"tt peek {self.step.agent}", "runtime")
        return found.typed

    def _begun(self, receipt: Any, text: str) -> Typed | None:
        """Wait a while for a sign that the agent took a prompt of which nobody knows."""
        end = time.monotonic() + min(self.left, self.step.startup_grace_secs or GRACE_SECS)
        self.attempt.say(f"nothing proves yet that {self.step.agent} took the prompt")
        while time.monotonic() < end:
            self._rest()
            voice = self.context.voices([self.step.agent])[self.step.agent]
            if voice.session is None or voice.session.dead:
                return None
            if voice.reading.state == "working" or self._files_changed():
                said = f"{receipt.evidence}; then it was seen at work"
                self.done["receipt"]["evidence"] = said
                at = time.time() - (receipt.ms or 0) / 1000
                return Typed(voice.session, at, worked=True, text=text)
        return None

    def _undelivered(self, receipt: Any) -> StepFailed:
        what = {
            "unknown": "nobody can say whether it took the prompt",
            "unsubmitted": "the prompt stands in its composer and was not submitted",
            "refused": "did not take the prompt",
        }.get(receipt.outcome, receipt.outcome)
        said = f"{self.step.agent}: {what} ({receipt.evidence})"
        return self._failed(said, receipt.hint, "runtime")

    # Afterwards.

    def _await(self, typed: Typed) -> None:
        """Wait until the agent is through, and hold that its turn ended well."""
        turn, words = self._through(typed, self._looked)
        self.done["turn"] = turn.end
        self.done["completion_detail"] = turn.detail
        if turn.end == "done":
            self.done["completion_source"] = turn.source
            self.done["captured_output"] = words or None
            return
        self.attempt.check()
        if self.step.output_json is not None and self._whole(self._output()):
            self.done["completion_source"] = "output_json"
            self.done["message"] = f"output_json detected though the turn ended {turn.end}"
            return
        raise self._unfinished(turn)

    def _through(self, typed: Typed, told: Callable[[Any, float], None]) -> tuple[Turn, str]:
        """Wait until the agent is through, also over questions that a person answers."""
        asked = ""
        while True:
            turn, words = answered(self.context, self.step.agent, typed, secs=self.left, told=told)
            if turn.end != "waiting" or self.left <= 0:
                return turn, words
            typed = typed._replace(worked=True)
            if turn.detail != asked:
                asked = turn.detail
                self.attempt.say(f"{self.step.agent} asks ({turn.kind}): {asked}")
            self._rest()

    def _unfinished(self, turn: Any) -> StepFailed:
        agent = self.step.agent
        if turn.end == "timeout":
            secs = self.step.wait_timeout_secs or WAIT_SECS
            what = f"wait_for_idle timed out after {secs:g} s: {agent}: {turn.detail}"
            hint = f"it was not stopped: tt status, or tt attach {agent}"
            return self._failed(what, hint, "runtime")
        kind = f" ({turn.kind})" if turn.kind else ""
        what = f"wait_for_idle failed: {agent} {turn.end.replace('_', ' ')}{kind}: {turn.detail}"
        category = CATEGORIES.get(turn.end, "runtime")
        return self._failed(what, f"tt peek {agent}, or tt attach {agent}", category)

    def _looked(self, voice: Any, elapsed: float) -> None:
        self.attempt.check()

    def _watch(self, typed: Typed) -> None:
        """Wait for the files that the agent is to write, as long as that may be."""
        if self.artifact is None:
            # It is told again as soon as it is through without them.
            with suppress(_There):
                self._through(typed, self._looked_for)
        while self.artifact is not None and not self._all_there():
            if self.left <= 0 or not self._same(typed):
                return
            self._rest()
        if self._all_there():
            self.done["completion_source"] = "files"

    def _looked_for(self, voice: Any, elapsed: float) -> None:
        self.attempt.check()
        if self._all_there():
            raise _There

    def _same(self, typed: Typed) -> bool:
        session = self.context.voices([self.step.agent])[self.step.agent].session
        return session is not None and not session.dead and session.pane == typed.session.pane

    def _all_there(self) -> bool:
        if self.step.output_json is not None and not self._whole(self._output()):
            return False
        return self.artifact is None or any(map(_rests, self.artifact.left(self.before)))

    def _files_changed(self) -> bool:
        return any(fingerprint(Path(path)) != was for path, was in self.before.items())

    def _whole(self, path: Path) -> bool:
        """Return whether a file was written since the prompt, and is one JSON value."""
        if self.before.get(str(path)) == fingerprint(path) or not _rests(path):
            return False
        try:
            read_json(path)
        except OutputError:
            return False
        return True

    def _collect(self, typed: Typed) -> None:
        """Take the agent's JSON; tell it again if it is not there, as often as it may be told."""
        path = self._output()
        for _ in range(self.step.reprompt):
            if self._whole(path) or self._settles(path) or self.left <= 0 or not self._same(typed):
                break
            why = self._wrong(path)
            self.attempt.say(f"{self.step.agent} is told again: {why}")
            typed = self._sent(_again(path, why))
            self._await(typed) if self.step.wait_for_idle else self._watch(typed)
        if not self._whole(path) and not self._settles(path):
            self.attempt.check()
            hint = f"tt peek {self.step.agent}; see whether the prompt names the file"
            raise self._failed(self._wrong(path), hint, "tool")
        self.done |= {"output": read_json(path), "output_source": str(path)}

    def _settles(self, path: Path) -> bool:
        """Give what was written just now the moment it needs to be taken for whole."""
        end = time.monotonic() + STEADY_SECS + LOOK_SECS
        while fingerprint(path) != self.before.get(str(path)) and time.monotonic() < end:
            if self._whole(path):
                return True
            self._rest()
        return self._whole(path)

    def _wrong(self, path: Path) -> str:
        if not path.exists():
            return f"output_json {path} was not written"
        if self.before.get(str(path)) == fingerprint(path):
            return f"output_json {path} was not written anew"
        try:
            read_json(path)
        except OutputError as error:
            return error.message
        return f"output_json {path} is still being written"

    def _keep(self, artifact: Artifact) -> None:
        found = artifact.left(self.before)
        end = time.monotonic() + min(self.left, 2.0)
        while not found and time.monotonic() < end:
            self._rest()
            found = artifact.left(self.before)
        if not found:
            self.attempt.check()
            what = f"artifact {artifact.name!r} not found: nothing new matches {artifact.pattern}"
            raise self._failed(what, f"tt peek {self.step.agent}", "tool")
        self.done["outputs"] = artifact.keep(found, step_folder(self.context, self.attempt))
        self.done["artifact_sources"] = kept_sources(found, self.attempt, artifact.name)

    def _rest(self) -> None:
        self.attempt.check()
        left = self.attempt.left
        time.sleep(LOOK_SECS if left is None else min(LOOK_SECS, left))
        self.attempt.check()

    def _failed(self, what: str, hint: str, category: str) -> StepFailed:
        late = {"timed_out": True} if self.left <= 0 else {}
        error = StepFailed(what, hint=hint, data={**self.done, **late})
        error.category = category
        return error


def _again(path: Path, why: str) -> str:
    return (
        f"The file {path} is needed to go on, but {why}. Write it now: one JSON value in UTF-8, "
        "and nothing else in it."
    )


def _rests(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime >= STEADY_SECS
    except OSError:
        return False
