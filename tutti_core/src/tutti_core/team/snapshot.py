"""A team's voices as rows, in the contract's shape; on the path of ``tt status``."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import TuttiError
from ..model.order import natural
from ..model.reading import Evidence, Reading
from ..watching.look import Panes, Voice, look, stopped
from ..watching.readings import Readings
from .compiled import compiled, salvaged
from .facts import facts_of
from .names import name_of
from .record import Records
from .watcher import believed


def snapshot(root: Path, host: Panes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return how a workspace is: as its watcher has seen it, or by looking where nobody watches.

    Args:
        root: Absolute path of the workspace.
        host: Where the sessions live.

    Returns:
        The compiled arrangement and a row for each voice in its order. Where the configuration
        cannot be used, ``trouble`` of the arrangement says why, and only what runs has a row.

    Raises:
        TuttiError: If the configuration cannot be used, and nothing runs.
    """
    team = _team(root, host)
    records = Records(root)
    kept = believed(root)
    if kept is None:
        voices = voices_of(root, team, host, _detectors(team), records=records)
    else:
        voices = voices_in(kept, {agent["name"]: agent["runtime"] for agent in team["agents"]})
    configured = None if team.get("trouble") else {agent["name"] for agent in team["agents"]}
    source = "look" if kept is None else "watcher"
    rows = status_rows(
        root, team["workspace"], voices, records, configured=configured, source=source
    )
    return team, rows


def voices_in(kept: Readings, agents: Mapping[str, str]) -> list[Voice]:
    """Return the voices as the watcher has seen them: those configured, then whoever else runs.

    Args:
        kept: What it has seen.
        agents: Agent name to runtime name, in the order wanted.
    """
    strays = sorted(kept.voices.keys() - agents.keys(), key=natural)
    others = {name: kept.voices[name].runtime for name in strays}
    return [
        kept.voices.get(name) or stopped(name, runtime)
        for name, runtime in {**agents, **others}.items()
    ]


def _team(root: Path, host: Panes) -> dict[str, Any]:
    try:
        return compiled(root)
    except TuttiError as trouble:
        sessions = host.list(str(root))
        if not sessions:
            raise
        return {**salvaged(root, name_of(root, sessions)), "trouble": trouble}


def voices_of(
    root: Path,
    team: Mapping[str, Any],
    host: Panes,
    detectors: Sequence[Any] = (),
    *,
    names: Collection[str] | None = None,
    records: Records | None = None,
) -> list[Voice]:
    """Return a team's voices.

    Args:
        root: Absolute path of the workspace.
        team: The compiled arrangement.
        host: Where the sessions live.
        detectors: Detectors beside the rules.
        names: The agents wanted; by default all, those no longer configured included.
        records: What is known of their launches already.
    """
    found = Records(root) if records is None else records
    agents = {agent["name"]: agent["runtime"] for agent in team["agents"]}
    if names is not None:
        agents = {name: runtime for name, runtime in agents.items() if name in names}
    strays = names is None
    voices = look(
        str(root), agents, team["rules"], host, found.__getitem__, detectors, strays=strays
    )
    return list(voices.values())


def status_rows(
    root: Path,
    workspace: str,
    voices: Sequence[Voice],
    records: Records | None = None,
    *,
    configured: Collection[str] | None = None,
    source: str = "look",
) -> list[dict[str, Any]]:
    """Return the rows of `tt status`: the contract's shape, with trees and facts beside it.

    Args:
        root: Absolute path of the workspace.
        workspace: Its name.
        voices: Its voices.
        records: What is known of their launches already.
        configured: The agents of the configuration; None if nobody can say.
        source: Who has looked: ``watcher``, or ``look`` for this very process.
    """
    now = time.time()
    known = Records(root) if records is None else records
    facts = facts_of(root)
    return [
        {
            **status_row(workspace, voice),
            "configured": None if configured is None else voice.agent in configured,
            **_launched(voice, known[voice.agent]),
            "branch": known[voice.agent].get("branch"),
            "worktree": known[voice.agent].get("worktree_path"),
            "conversation": known[voice.agent].get("conversation"),
            "facts": facts.get(voice.agent, []),
            "source": source,
            "age": round(max(0.0, now - voice.seen.now), 3),
        }
        for voice in voices
    ]


def _launched(voice: Voice, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return how an agent that is there was launched: what it may do, and who holds it to that."""
    known = record if voice.session is not None else {}
    return {key: known.get(key) for key in ("mode", "policy", "enforcement")}


def status_row(workspace: str, voice: Voice) -> dict[str, Any]:
    """Return one voice in the contract's status shape, with tutti's own fields behind.

    Args:
        workspace: The workspace's name.
        voice: The voice.
    """
    reading, session = voice.reading, voice.session
    running = session is not None and not session.dead
    return {
        "workspace": workspace,
        "agent": voice.agent,
        "runtime": voice.runtime,
        "status": reading.status,
        "running": running,
        "session": session.name if session is not None else "—",
        "ctx": reading.context,
        "state": reading.state,
        "kind": reading.kind,
        "detail": reading.detail,
        "confirmed": reading.confirmed,
        "confidence": reading.confidence,
        "since": reading.since,
        "activity_state": reading.activity_state,
        "auth_state": reading.auth_state,
        **beside(reading),
        "evidence": [evidence_row(one) for one in reading.evidence],
    }


def beside(reading: Reading) -> dict[str, Any]:
    """Return what a reading says beside the state, as plain values."""
    return {
        "resets": reading.resets,
        "resets_at": reading.resets_at,
        "options": [option._asdict() for option in reading.options],
        "answers": dict(reading.answers),
        "context": reading.context,
        "stalled": reading.stalled,
    }


def evidence_row(evidence: Evidence) -> dict[str, Any]:
    """Return a piece of evidence as plain values."""
    return {
        "source": evidence.source,
        "state": evidence.state,
        "kind": evidence.kind,
        "rule": evidence.rule,
        "detail": evidence.detail,
        "confidence": evidence.confidence,
        "age": evidence.age,
    }


def _detectors(team: Mapping[str, Any]) -> Sequence[Any]:
    if not team["detectors"]:
        return ()
    from ..plugins import Plugins

    return tuple(Plugins.installed().detectors().values())
