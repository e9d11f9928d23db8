"""What became of each agent in `up`, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from ..detection.regions import rows_of
from ..errors import PolicyError, TuttiError
from .asking import way_for

if TYPE_CHECKING:
    from ..watching.look import Voice
    from .plan import Way, Wish
    from .start import Started

WELL = frozenset(("idle", "working", "waiting"))
AT_WORK = frozenset(("permission", "question"))
"""What only an agent that has begun to work asks."""
MUTE = "runs; nothing says how it is"
AS_IT_IS = (("in its tree as it is", "--fresh-worktree"), ("with its conversation", "--new"))
"""How an agent goes on that runs already, and what would have it begin anew."""
WORDS = {"failed": "failed", "refused": "was refused", "blocked": "is blocked itself"}


@attrs.frozen
class Outcome:
    """What became of one agent.

    Attributes:
        agent: Its name.
        outcome: ``launched``, ``running`` (it was already), ``refused``, ``blocked`` or ``failed``.
        ok: Whether it runs, be it ready or waiting for an answer.
        state: Its state as read, or empty when it was not looked at.
        kind: What it waits for, if it does.
        runtime: Its runtime's name.
        session: Its session's name, or empty.
        worktree: Its worktree, or None.
        branch: The branch it is on, or None.
        enforcement: Who holds it to the policy.
        conversation: The id of its conversation, or None where nobody knows it yet.
        resumed: Whether that is the one it had before.
        detail: What the user should know, in one line.
        hint: What the user can do.
        warnings: Further remarks.
    """

    agent: str
    outcome: str
    ok: bool
    state: str = ""
    kind: str = ""
    runtime: str = ""
    session: str = ""
    worktree: str | None = None
    branch: str | None = None
    enforcement: str = ""
    conversation: str | None = None
    resumed: bool = False
    detail: str = ""
    hint: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether others may build on it: it takes prompts, or has taken one."""
        asks = self.state == "waiting" and self.kind in AT_WORK
        return self.ok and (asks or self.state in ("idle", "working"))


def outcome_of(begun: Started, voice: Voice | None, *, mute: bool = False) -> Outcome:
    """Return the outcome of a start.

    Args:
        begun: The start.
        voice: The agent as it was seen last, or None if nobody waited for it.
        mute: Whether it lives, and nothing there is could say more.
    """
    state = voice.reading.state if voice else ""
    lost = voice is not None and state not in WELL and not mute
    detail, hint = (MUTE, "") if mute else _words(begun.request.agent.name, voice)
    return Outcome(
        agent=begun.request.agent.name,
        outcome="failed" if lost else "launched",
        ok=not lost,
        state=state,
        kind=voice.reading.kind if voice and state == "waiting" else "",
        runtime=begun.session.runtime,
        session=begun.session.name,
        worktree=begun.tree.worktree,
        branch=begun.tree.branch,
        enforcement=begun.launch.enforcement,
        conversation=begun.launch.conversation,
        resumed=begun.request.resume,
        detail=detail,
        hint=hint,
        warnings=begun.warnings,
    )


def running(
    voice: Voice,
    record: Mapping[str, Any],
    wanted: Way | None = None,
    wish: Wish | None = None,
) -> Outcome:
    """Return the outcome for an agent that was up already.

    Args:
        voice: The agent.
        record: What was recorded at its launch.
        wanted: How it would be started now.
        wish: What was wished of its start.
    """
    reading = voice.reading
    alive = voice.session is not None and not voice.session.dead
    detail, hint = _words(voice.agent, voice)
    return Outcome(
        agent=voice.agent,
        outcome="running",
        ok=alive,
        state=reading.state,
        kind=reading.kind if reading.state == "waiting" else "",
        runtime=voice.runtime,
        session=voice.session.name if voice.session else "",
        worktree=record.get("worktree_path"),
        branch=record.get("branch"),
        enforcement=str(record.get("enforcement") or ""),
        conversation=record.get("conversation"),
        resumed=record.get("resumed") is True,
        detail="already running" if alive else detail,
        hint="" if reading.state == "unknown" else hint,
        warnings=(*_otherwise(record, wanted), *_unheeded(wish)) if alive else (),
    )


def _otherwise(record: Mapping[str, Any], wanted: Way | None) -> tuple[str, ...]:
    """Return the remark that an agent goes on otherwise than it would be started now."""
    if wanted is None:
        return ()
    mode, policy = record.get("mode"), record.get("policy")
    same = (mode, policy) == (wanted.mode, wanted.policy) or mode == wanted.mode == "safe"
    if not mode or not policy or same:
        return ()
    flags = f"--mode {wanted.mode}" + (" --policy bypass" if wanted.policy == "bypass" else "")
    found = f"goes on as it was started, in {how(mode, policy)}"
    return (f"{found}, not in {how(wanted.mode, wanted.policy)}: tt down, then tt up {flags}",)


def _unheeded(wish: Wish | None) -> tuple[str, ...]:
    """Return the remark that an agent goes on where it was to begin anew."""
    wished = (wish.fresh, wish.anew) if wish else ()
    found = [words for words, asked in zip(AS_IT_IS, wished, strict=False) if asked]
    if not found:
        return ()
    goes = " and ".join(words for words, _ in found)
    flags = " ".join(flag for _, flag in found)
    return (f"goes on {goes}: tt down, then tt up {flags}",)


def how(mode: str, policy: str) -> str:
    """Return a mode and a policy in words; the usual policy goes without saying."""
    return f"mode {mode}" + (f", policy {policy}" if policy == "bypass" else "")


def cut_short(agent: str, runtime: str, voice: Voice | None, record: Mapping[str, Any]) -> Outcome:
    """Return the outcome for an agent that `up` was not allowed to wait for.

    Args:
        agent: Its name.
        runtime: Its runtime's name.
        voice: The agent as it is, or None if nobody can say.
        record: What was recorded at its launch.
    """
    if voice is not None and voice.session is not None and not voice.session.dead:
        detail = "runs; nobody waited until it was ready"
        return attrs.evolve(running(voice, record), detail=detail, hint="tt status")
    detail, hint = "was not started: interrupted", f"tt up {agent}"
    return Outcome(agent, "blocked", False, runtime=runtime, detail=detail, hint=hint)


def failed(agent: str, runtime: str, error: Exception) -> Outcome:
    """Return the outcome for an agent whose start was refused or went wrong.

    Args:
        agent: Its name.
        runtime: Its runtime's name.
        error: Why; anything but a `TuttiError` is a bug, of tutti or of a plugin.
    """
    word = "refused" if isinstance(error, PolicyError) else "failed"
    said, hint = f"this is a bug: {type(error).__name__}: {error}", "see .tutti/logs/tt.log"
    if isinstance(error, TuttiError):
        said, hint = error.message, error.hint
    return Outcome(agent, word, False, runtime=runtime, detail=said, hint=hint)


def blocked(agent: str, runtime: str, need: Outcome) -> Outcome:
    """Return the outcome for an agent that was not started because another is not ready."""
    state = need.state.replace("_", " ") + (f" ({need.kind})" if need.kind else "")
    why = WORDS.get(need.outcome, f"is {state}")
    hint = f"see to {need.agent}, then tt up {agent}"
    detail = f"{need.agent} {why}"
    return Outcome(agent, "blocked", False, runtime=runtime, detail=detail, hint=hint)


def unprompted(outcome: Outcome, why: str) -> Outcome:
    """Return the outcome for an agent that runs and did not get its first prompt."""
    hint = f"tt attach {outcome.agent}, then tt send {outcome.agent} …"
    detail = f"its first prompt was not given: {why}"
    return attrs.evolve(outcome, ok=False, detail=detail, hint=hint)


def _words(name: str, voice: Voice | None) -> tuple[str, str]:
    if voice is None:
        return "", ""
    reading = voice.reading
    if reading.state == "exited":
        said = [f"ended at once ({reading.detail})", *_last_words(voice)]
        return ": ".join(said), f"tt peek {name}"
    if reading.state == "stopped":
        return "was taken down while it started", f"tt up {name}"
    if reading.state == "waiting":
        return f"waits for you ({reading.kind}: {reading.detail})", way_for(name, reading)
    if reading.state in ("starting", "unknown"):
        return "not ready in time", f"tt peek {name}"
    return reading.detail, "" if reading.state in WELL else f"tt attach {name}"


def _last_words(voice: Voice) -> list[str]:
    rows = rows_of(voice.seen.screen.text) if voice.seen.screen else []
    words = [row.strip() for row in rows if any(map(str.isalnum, row))]
    said = [row for row in words if not row.startswith("Pane is dead")]
    return [" / ".join(said[-3:])[:300]] if said else []
