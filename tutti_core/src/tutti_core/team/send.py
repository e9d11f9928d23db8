"""`send`: a prompt goes to a running agent, and what became of it is said only as far as proven."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import attrs

from ..detection.composer import draft, ours
from ..errors import PolicyError
from ..model.happening import Action, Receipt
from ..state.lock import Lock
from .ending import session_now
from .plan import disarmed
from .turn import Typed, tries_again

if TYPE_CHECKING:
    from ..model.arrangement import Agent
    from ..model.contract import Runtime
    from ..watching.look import Voice
    from .context import Context

ENTER_AGAIN_SECS = (0.6, 1.5, 3.0)
COMPOSER_SECS = 2.0
PROOF_SECS = 6.0
TAKEN_SECS = 0.5
"""How long stronger sources have before the screen alone is asked whether a prompt was taken."""
LOOK_SECS = 0.1
LOCK_SECS = 60.0
QUIET = frozenset(("idle", "auth_failed", "rate_limited", "provider_down"))


@attrs.frozen
class SendRequest:
    """What `send` takes.

    Attributes:
        agent: The agent.
        text: The prompt.
        raw: Whether a leading ``/`` or ``!`` is meant as the CLI's own command.
        without: Unowned tables to go on without.
        auto_up: Whether to start the agent if it does not run.
        wait: Whether to wait until the agent is through with the prompt.
        timeout_secs: Seconds to wait.
        idle_stable_secs: Seconds for which its screen must rest where nothing else says that it is
            idle.
        output: Whether to return what the screen shows anew, which is to wait as well.
        output_lines: How many lines of that at most.
    """

    agent: str
    text: str
    raw: bool = False
    without: tuple[str, ...] = ()
    auto_up: bool = False
    wait: bool = False
    timeout_secs: float = 900.0
    idle_stable_secs: float = 2.0
    output: bool = False
    output_lines: int = 200


Outcome = Literal["submitted", "queued", "refused", "unsubmitted", "unknown"]


class Word(NamedTuple):
    """What became of a prompt, what that stands on, and what to do about it.

    Attributes:
        worked: Whether the agent was seen at work on it.
    """

    outcome: Outcome
    evidence: str
    hint: str = ""
    worked: bool = False


class _Refused(Exception):
    """The prompt was not typed at all."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.reason, self.hint = reason, hint


def send(context: Context, request: SendRequest) -> Receipt:
    """Give a running agent a prompt, and do no more than that.

    Args:
        context: The workspace.
        request: The agent and the prompt.

    Returns:
        The receipt.

    Raises:
        TuttiError: As `deliver`.
    """
    return deliver(context, request)[0]


def deliver(context: Context, request: SendRequest) -> tuple[Receipt, Typed | None]:
    """Give a running agent a prompt.

    Nothing is typed into a dead pane, a dialog, a busy agent or over somebody's draft.

    Args:
        context: The workspace.
        request: The agent and the prompt.

    Returns:
        The receipt, and what the prompt was typed into; None if it was not typed at all.

    Raises:
        ConfigError: If there is no such agent.
        PolicyError: If a guard refuses.
        PluginError: If a table of the configuration has no working owner.
    """
    context.begin_acting(request.without)
    agent = context.agent(request.agent)
    warnings = _guard(context, request)
    begun = time.monotonic()
    able = _runtime(context, agent).capabilities
    text = request.text if request.raw else disarmed(request.text, able) or ""
    text += " " if text.endswith("\\") else ""  # before Enter a backslash asks for a new line
    with Lock(context.places.lock(f"pane-{agent.name}"), timeout=LOCK_SECS, purpose="tt send"):
        (outcome, evidence, hint, _), typed = _deliver(context, agent.name, text)
    spent = round((time.monotonic() - begun) * 1000)
    receipt = Receipt(outcome, context.name, agent.name, evidence, spent, hint, warnings)
    context.log.note("sent", agent=agent.name, outcome=outcome, evidence=evidence, ms=spent)
    data = {"outcome": outcome, "evidence": evidence, "ms": spent, "characters": len(text)}
    context.emit(f"prompt.{outcome}", agent.name, data)
    return receipt, typed


def _runtime(context: Context, agent: Agent) -> Runtime:
    """Return the runtime that an agent runs on, whatever the file says by now."""
    session = session_now(context, agent.name)
    running = context.runtimes.get(session.runtime) if session else None
    return running or context.runtime(agent)


def _guard(context: Context, request: SendRequest) -> tuple[str, ...]:
    action = Action("send", context.name, request.agent, {"text": request.text})
    verdicts = context.guard(action)
    if verdicts and verdicts[0].decision == "refuse":
        raise PolicyError(f"{verdicts[0].by}: {verdicts[0].reason}", hint=verdicts[0].remedy)
    return tuple(one.reason for one in verdicts if one.decision == "warn")


def _deliver(context: Context, name: str, text: str) -> tuple[Word, Typed | None]:
    if not text.strip():
        hint = "give it as words, with -f FILE, or on stdin"
        return Word("refused", "the prompt is empty", hint), None
    try:
        voice = _preflight(context, name)
    except _Refused as refused:
        return Word("refused", refused.reason, refused.hint), None
    assert voice.session is not None
    typed = Typed(voice.session, time.time())
    context.host.paste(voice.session.pane, text)
    drawn = _until_drawn(context, voice, text)
    context.host.keys(voice.session.pane, "Enter")
    word = _prove(context, voice, text, typed.at, drawn=drawn)
    return word, typed._replace(worked=word.worked)


def _preflight(context: Context, name: str) -> Voice:
    voice = _awake(context, name)
    session, reading = voice.session, voice.reading
    if session is None:
        raise _Refused("not running", f"tt up {name}")
    if session.dead:
        raise _Refused(f"its process has ended ({reading.detail})", f"tt up {name}")
    if reading.state == "waiting" or reading.kind:
        what = f"{reading.kind}: {reading.detail}" if reading.kind else reading.detail
        raise _Refused(f"it waits for an answer ({what})", f"tt attach {name}")
    if reading.state == "working" or tries_again(voice):
        raise _Refused("it is working", f"wait until tt status says idle, or tt attach {name}")
    if reading.state not in QUIET:
        raise _Refused(f"its state is {reading.state}", f"tt peek {name}")
    if session.in_mode:
        context.host.leave_copy_mode(session.pane)
    written = _shown(context, voice)
    if written is None and _rules(context, voice):
        raise _Refused("its composer is not on the screen", f"tt attach {name}")
    if written:
        raise _Refused("somebody's draft stands in the composer", f"tt attach {name}")
    return voice


def _awake(context: Context, name: str) -> Voice:
    deadline = time.monotonic() + context.arrangement.launch.ready_secs
    voice = context.voices([name])[name]
    while voice.reading.state == "starting" and time.monotonic() < deadline:
        time.sleep(LOOK_SECS)
        voice = context.voices([name])[name]
    return voice


def _rules(context: Context, voice: Voice) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = context.digest["rules"].get(voice.runtime, {}).get("composer")
    return found


def _shown(context: Context, voice: Voice) -> str | None:
    """Return what stands in the composer, given a moment: a screen may be half redrawn."""
    deadline = time.monotonic() + COMPOSER_SECS
    written = _composer(context, voice)
    while written is None and _rules(context, voice) and time.monotonic() < deadline:
        time.sleep(LOOK_SECS)
        written = _composer(context, voice)
    return written


def _composer(context: Context, voice: Voice) -> str | None:
    assert voice.session is not None
    rules = _rules(context, voice)
    pane = voice.session.pane
    screens = context.host.capture([pane], styles=True) if rules else {}
    return draft(screens[pane], rules) if pane in screens else None


def _until_drawn(context: Context, voice: Voice, text: str) -> bool:
    """Wait until the paste shows, so that Enter is not read as part of it; return whether it does.

    Only what stands there as it was typed can be seen to leave.
    """
    deadline = time.monotonic() + 1.0
    written = _composer(context, voice)
    while not written and time.monotonic() < deadline:
        time.sleep(0.03)
        written = _composer(context, voice)
    return bool(written) and ours(written or "", text)


def _prove(context: Context, before: Voice, text: str, since: float, *, drawn: bool) -> Word:
    assert before.session is not None
    begun, again = time.monotonic(), list(ENTER_AGAIN_SECS)
    while time.monotonic() - begun < PROOF_SECS:
        now = context.voices([before.agent])[before.agent]
        if not _same(before, now):
            gone = now.reading.detail if now.reading.state == "exited" else "its session is gone"
            said = f"it ended before it said anything ({gone})"
            return Word("unknown", said, f"tt peek {now.agent}")
        proof = _proof(now, since)
        if not proof and drawn and time.monotonic() - begun > TAKEN_SECS:
            proof = _taken(context, before, now, text)
        if proof:
            return Word("submitted", proof, worked=now.reading.state == "working")
        if again and time.monotonic() - begun > again[0] and _held(context, now, text):
            again.pop(0)
            context.host.keys(before.session.pane, "Enter")
        time.sleep(LOOK_SECS)
    held = _composer(context, before)
    hint = f"tt attach {before.agent}"
    if held:
        return Word("unsubmitted", "the prompt still stands in the composer", hint)
    return Word("unknown", "nothing proves that the prompt was taken", hint)


def _same(before: Voice, now: Voice) -> bool:
    """Return whether this still is the process that the prompt was typed into."""
    there, here = before.session, now.session
    return bool(there and here and not here.dead and here.pane == there.pane)


def _proof(now: Voice, since: float) -> str:
    reading = now.reading
    if reading.state in ("working", "waiting"):
        source = reading.evidence[0].source if reading.evidence else "process"
        return f"{source} says {reading.state}"
    if reading.since is not None and reading.since > since and reading.evidence:
        return f"{reading.evidence[0].source} changed after the prompt"
    return ""


def _taken(context: Context, before: Voice, now: Voice, text: str) -> str:
    """Return a proof for a turn too short to be seen: the prompt moved up out of the composer."""
    first = next(filter(None, map(str.strip, text.splitlines())), "")[:40]
    if not first or now.reading.state not in QUIET or _composer(context, now) != "":
        return ""
    counts = [one.seen.screen.text.count(first) if one.seen.screen else 0 for one in (before, now)]
    more = counts[1] > counts[0]
    return "screen shows the prompt, and the composer is empty" if more else ""


def _held(context: Context, now: Voice, text: str) -> bool:
    if now.reading.state not in QUIET:
        return False
    written = _composer(context, now)
    return bool(written) and ours(written or "", text)
