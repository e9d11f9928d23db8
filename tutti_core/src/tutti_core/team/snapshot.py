"""A team's voices as rows, in the contract's shape; on the path of ``tt status``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..watching.look import Panes, Voice, look
from .compiled import compiled
from .record import read_records


def snapshot(root: Path, host: Panes) -> tuple[dict[str, Any], list[Voice]]:
    """Look at a workspace once.

    Args:
        root: Absolute path of the workspace.
        host: Where the sessions live.

    Returns:
        The compiled arrangement and the voices in its order.
    """
    team = compiled(root)
    return team, voices_of(root, team, host, _detectors(team))


def voices_of(
    root: Path, team: Mapping[str, Any], host: Panes, detectors: Sequence[Any] = ()
) -> list[Voice]:
    """Return a team's voices.

    Args:
        root: Absolute path of the workspace.
        team: The compiled arrangement.
        host: Where the sessions live.
        detectors: Detectors beside the rules.
    """
    agents = {agent["name"]: agent["runtime"] for agent in team["agents"]}
    records = read_records(root, agents)
    return list(look(str(root), agents, team["rules"], host, records, detectors).values())


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
        "ctx": None,
        "state": reading.state,
        "kind": reading.kind,
        "detail": reading.detail,
        "confirmed": reading.confirmed,
        "confidence": reading.confidence,
        "since": reading.since,
        "activity_state": reading.activity_state,
        "auth_state": reading.auth_state,
        "evidence": [_evidence(one) for one in reading.evidence],
    }


def _evidence(evidence: Any) -> Mapping[str, Any]:
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
