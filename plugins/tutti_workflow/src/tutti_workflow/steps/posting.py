"""Sending a prompt once, as soon as its agent takes one; and what became of one that was sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import attrs

from tutti_core import Context, Posted, Typed, posted, settled

from ..model import StepFailed
from .exchange import Exchange

if TYPE_CHECKING:
    from .prompt import PromptKeys

GRACE_SECS = 30.0
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


def sent_before(it: Exchange) -> tuple[Mapping[str, Any], Posted] | None:
    """Return what an interrupted attempt noted, and its prompt, if that was provably submitted.

    Args:
        it: The attempt that goes on with it.
    """
    notes = it.attempt.earlier.get("notes")
    posting = notes.get("posting") if isinstance(notes, Mapping) else None
    if not isinstance(notes, Mapping) or not isinstance(posting, Mapping):
        return None
    about = it.agent, str(posting.get("id")), str(posting.get("text", ""))
    found = posted(it.context, *about)
    if found.fate in ("typing", "submitted"):
        # What the killed process could not tell the journal any more is told now.
        after = settled(it.context, *about)
        found = found if found.fate == "submitted" else after
    return (notes, found) if found.fate == "submitted" else None


class Posting:
    """Sends prompts to the agent of a step.

    Args:
        it: The attempt.
        works: Says whether there is a sign, besides its state, that the agent is at work.
    """

    def __init__(self, it: Exchange, works: Callable[[], bool]) -> None:
        self.it, self._works = it, works

    def send(self, text: str) -> Typed:
        """Give the agent a prompt as soon as it takes one.

        Args:
            text: The prompt.

        Returns:
            What it was typed into.

        Raises:
            StepFailed: If it is not proven that the agent took it.
            StepStopped: If there is no time left for it.
        """
        told = ""
        while True:
            receipt = self._post(text)
            if receipt.outcome == "submitted":
                return self._typed(text)
            if receipt.outcome == "refused" and self.it.left > 0 and self.it.session():
                if receipt.evidence != told:
                    told = receipt.evidence
                    self.it.attempt.say(f"waits: {self.it.agent} {told}")
                self.it.rest()
                continue
            if receipt.outcome == "unknown" and (typed := self._begun(receipt, text)):
                return typed
            raise self._undelivered(receipt)

    def _post(self, text: str) -> Any:
        """Send the prompt once, under an id of its own that is noted before."""
        it = self.it
        self._free()
        it.attempt.check()
        act = f"prompt-{time.time_ns() // 1000}-{it.attempt.token}"
        it.attempt.note({"posting": {"id": act, "text": text, "at": time.time()}})
        send = it.context.plugins.verbs()["send"]
        request = send.request(it.agent, text, raw=it.step.raw, queue=False, correlation_id=act)
        receipt = send.run(it.context, request)
        it.done["receipt"] = attrs.asdict(receipt)
        it.done["posting"] = act
        for warning in receipt.warnings:
            it.attempt.say(f"{it.agent}: {warning}")
        return receipt

    def _free(self) -> None:
        """Wait while the agent is at work on something else."""
        said = False
        while self.it.left > 0:
            reading = self.it.context.voices([self.it.agent])[self.it.agent].reading
            if reading.state not in ("working", "waiting"):
                return
            if not said:
                said = True
                self.it.attempt.say(f"waits: {self.it.agent} is {reading.state} ({reading.detail})")
            self.it.rest()

    def _typed(self, text: str) -> Typed:
        found = posted(self.it.context, self.it.agent, self.it.done["posting"], text)
        if found.typed is None:
            what = f"{self.it.agent} has ended since it took the prompt"
            raise self.it.failed(what, f"tt peek {self.it.agent}", "runtime")
        return found.typed

    def _begun(self, receipt: Any, text: str) -> Typed | None:
        """Wait a while for a sign that the agent took a prompt of which nobody knows."""
        it = self.it
        end = time.monotonic() + min(it.left, it.step.startup_grace_secs or GRACE_SECS)
        it.attempt.say(f"nothing proves yet that {it.agent} took the prompt")
        while time.monotonic() < end:
            it.rest()
            voice = it.context.voices([it.agent])[it.agent]
            if voice.session is None or voice.session.dead:
                return None
            if voice.reading.state == "working" or self._works():
                it.done["receipt"]["evidence"] = f"{receipt.evidence}; then it was seen at work"
                at = time.time() - (receipt.ms or 0) / 1000
                return Typed(voice.session, at, worked=True, text=text)
        return None

    def _undelivered(self, receipt: Any) -> StepFailed:
        what = {
            "unknown": "nobody can say whether it took the prompt",
            "unsubmitted": "the prompt stands in its composer and was not submitted",
            "refused": "did not take the prompt",
        }.get(receipt.outcome, receipt.outcome)
        said = f"{self.it.agent}: {what} ({receipt.evidence})"
        return self.it.failed(said, receipt.hint, "runtime")
