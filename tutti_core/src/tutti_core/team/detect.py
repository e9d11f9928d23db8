"""`detect`: what an agent is doing, from which evidence, and why not something else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ..detection.explain import explain
from ..detection.feeds import age_of, decisive
from ..detection.regions import rows_of
from ..errors import RuntimeFailure
from ..model.reading import Observation, Reading
from ..watching.look import Voice, read
from .attach import session_of
from .snapshot import beside, evidence_row

if TYPE_CHECKING:
    from .context import Context

LEAST = 20
"""Rows that are looked at even if fewer are asked for: a dialog needs as many."""

WORDS = {"auth_failed": "auth", "rate_limited": "rate_limit"}
"""States under the contract's names, where they differ in `matched_patterns`."""


@attrs.frozen
class DetectRequest:
    """What `detect` takes.

    Attributes:
        agent: The agent's name.
        lines: How many of the screen's last rows to look at, 20 at least.
        explain: Whether every rule is wanted.
    """

    agent: str
    lines: int = 200
    explain: bool = False


@attrs.frozen
class DetectResponse:
    """What `detect` answers.

    Attributes:
        record: The state and what it stands on, in the contract's shape.
    """

    record: dict[str, Any]


def detect(context: Context, request: DetectRequest) -> DetectResponse:
    """Look at one agent and say what it is doing and why.

    Args:
        context: The workspace.
        request: Whom to look at, and how closely.

    Raises:
        ConfigError: If there is no such agent.
        RuntimeFailure: If it is not running.
    """
    voice = seen(context, request.agent, request.lines)
    rules = context.digest["rules"].get(voice.runtime)
    found = record(context.name, voice, rules)
    if request.explain:
        found["rules"] = [one._asdict() for one in explain(rules, voice.seen)]
    return DetectResponse(found)


def seen(context: Context, name: str, lines: int = 200) -> Voice:
    """Return one agent as it is now.

    Args:
        context: The workspace.
        name: The agent's name.
        lines: How many of its screen's last rows to look at.

    Raises:
        ConfigError: If there is no such agent.
        RuntimeFailure: If it is not running.
    """
    session_of(context, name)
    voice = context.voices([name]).get(name) or context.voices().get(name)
    if voice is None or voice.session is None:
        raise RuntimeFailure(f"{name} is not running", hint=f"tt up {name}")
    rules = context.digest["rules"].get(voice.runtime)
    return _cut(voice, max(lines, LEAST), rules, context.detectors)


def record(workspace: str, voice: Voice, rules: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return one voice in the contract's shape for `detect`, with tutti's own fields behind.

    Args:
        workspace: The workspace's name.
        voice: The voice.
        rules: Compiled rules of its runtime, or None if there are none.
    """
    reading, session = voice.reading, voice.session
    return {
        "workspace": workspace,
        "agent": voice.agent,
        "runtime": voice.runtime,
        "session": session.name if session else None,
        "status": reading.status,
        "confidence": reading.confidence,
        **matches(reading),
        **meaning(reading),
        "sources": sources(voice.seen, rules, session.pid if session else 0),
    }


def matches(reading: Reading) -> dict[str, Any]:
    """Return the contract's fields on what matched.

    Args:
        reading: The reading.
    """
    heard = [one for one in reading.evidence if one.confidence > 0]
    # What stands on the screen tells a reader more than the word of a status file.
    visible = sorted(heard, key=lambda one: one.source == "screen")
    said = {one.state: one.detail or one.rule for one in visible}
    return {
        "matched_patterns": [
            f"{WORDS.get(one.state, one.state)}:{one.detail or one.rule}" for one in heard
        ],
        "auth_match": said.get("auth_failed"),
        "rate_limit_match": said.get("rate_limited"),
        "provider_down_match": said.get("provider_down"),
        # An empty composer beside a spinner completes nothing.
        "completion_match": said.get("idle") if reading.state == "idle" else None,
    }


def meaning(reading: Reading) -> dict[str, Any]:
    """Return a reading as plain values.

    Args:
        reading: The reading.
    """
    return {
        "state": reading.state,
        "kind": reading.kind,
        "detail": reading.detail,
        "confirmed": reading.confirmed,
        "since": reading.since,
        **beside(reading),
        "evidence": [evidence_row(one) for one in reading.evidence],
    }


def sources(
    seen: Observation, rules: Mapping[str, Any] | None, pid: int = 0
) -> list[dict[str, Any]]:
    """Return what every source of evidence shows, also where it says nothing about the state.

    Args:
        seen: What was seen.
        rules: Compiled rules of the runtime, or None if there are none.
        pid: Number of the agent's process.
    """
    age = None if seen.live_at is None else max(0.0, seen.now - seen.live_at)
    return [
        {"source": "process", "shows": _process(seen, pid), "age": None},
        {"source": "live", "shows": _live(seen, (rules or {}).get("live")), "age": age},
        *({"source": feed, **_feed(feed, seen, rules or {})} for feed in _feeds(seen, rules or {})),
        {"source": "title", "shows": seen.title or "", "age": None},
        {"source": "screen", "shows": _screen(seen), "age": None},
    ]


def _cut(
    voice: Voice, lines: int, rules: Mapping[str, Any] | None, detectors: Sequence[Any]
) -> Voice:
    """Return a voice of whose screen only the last rows were seen."""
    screen = voice.seen.screen
    rows = rows_of(screen.text) if screen else []
    if screen is None or len(rows) <= lines:
        return voice
    shown = voice.seen._replace(screen=screen._replace(text="\n".join(rows[-lines:])))
    return voice._replace(seen=shown, reading=read(shown, rules, detectors))


def _process(seen: Observation, pid: int) -> str:
    if seen.alive:
        return f"process {pid} is alive"
    how = f"exit status {seen.exit_status}" if seen.exit_status is not None else ""
    how = f"signal {seen.exit_signal}" if seen.exit_signal else how
    return f"process {pid} has ended" + (f": {how}" if how else "")


def _live(seen: Observation, live: Mapping[str, Any] | None) -> str:
    if live is None:
        return "this runtime keeps no status file that is known"
    if seen.live is None:
        return "no status file of this process"
    keys = [key for key in (live["state"], live.get("kind", "")) if key in seen.live]
    return ", ".join(f"{key} is {seen.live[key]!r}" for key in keys) or f"no {live['state']} in it"


def _feeds(seen: Observation, rules: Mapping[str, Any]) -> list[str]:
    """Return the names of the feeds there are, and of those that rules look for."""
    return list({**dict.fromkeys(seen.feeds), **dict.fromkeys(rules.get("feed", {}))})


def _feed(feed: str, seen: Observation, rules: Mapping[str, Any]) -> dict[str, Any]:
    own, records = rules.get("feed", {}).get(feed, ()), seen.feeds.get(feed, ())
    if not records:
        there = feed in seen.feeds
        return {"shows": "nothing yet" if there else "this launch has none", "age": None}
    ages = [age_of(records[-1], rule, seen.now) for rule in own]
    spoke = decisive(own, records, seen.started)
    said = f"the newest that counts: {spoke[0]['id']}" if spoke else "none that counts"
    age = next((one for one in ages if one is not None), None)
    return {"shows": f"{len(records)} records, {said}", "age": age}


def _screen(seen: Observation) -> str:
    if seen.screen is None:
        return "could not be read"
    filled = sum(1 for row in rows_of(seen.screen.text) if row)
    return f"{seen.screen.width}x{seen.screen.height}, {filled} rows filled"
