"""`send`: a prompt goes to a running agent, and what became of it is said only as far as proven."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import attrs

from ..model.happening import Action, Receipt
from ..state.lock import Lock
from .ending import session_now
from .plan import disarmed
from .proof import LOOK_SECS, QUIET, Word, composer_rules, in_composer, prove, until_drawn
from .turn import Typed, tries_again

if TYPE_CHECKING:
    from ..model.arrangement import Agent
    from ..model.contract import Runtime
    from ..watching.look import Voice
    from .context import Context

LOCK_SECS = 60.0


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
    action = Action("send", context.name, request.agent, {"text": request.text})
    warnings = context.permit(action)
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
    drawn = until_drawn(context, voice, text)
    context.host.keys(voice.session.pane, "Enter")
    word = prove(context, voice, text, typed.at, drawn=drawn)
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
    written = in_composer(context, voice)
    if written is None and composer_rules(context, voice):
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
