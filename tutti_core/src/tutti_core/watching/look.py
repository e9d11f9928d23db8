"""One look at a team: sessions in one call, screens in one call, live-status files by path."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from ..detection.evidence import gather
from ..detection.judge import judge
from ..model.reading import Evidence, Observation, Reading, Screen
from ..model.session import Session
from .live import live_status


class Voice(NamedTuple):
    """One agent as it is now.

    Attributes:
        agent: Its name.
        runtime: Its runtime's name; empty if none is configured.
        session: Its session, or None.
        seen: What was seen.
        reading: What that means.
    """

    agent: str
    runtime: str
    session: Session | None
    seen: Observation
    reading: Reading


class Panes(Protocol):
    """The part of a session host that looking needs."""

    def list(self, root: str | None = None) -> tuple[Session, ...]:
        """Return the sessions of one workspace."""

    def capture(self, panes: Sequence[str], *, history: int = 0) -> Mapping[str, str]:
        """Return the screens of several panes."""


class Reads(Protocol):
    """A detector, as far as looking needs it."""

    runtime: str

    def detect(self, observation: Observation) -> Iterable[Evidence]:
        """Return evidence."""


def look(
    root: str,
    agents: Mapping[str, str],
    rules: Mapping[str, Mapping[str, Any]],
    host: Panes,
    records: Mapping[str, Mapping[str, Any]],
    detectors: Sequence[Reads] = (),
) -> dict[str, Voice]:
    """Look at every agent of a workspace once.

    Args:
        root: Absolute path of the workspace.
        agents: Agent name to runtime name, in the order wanted.
        rules: Compiled rules by runtime.
        host: Where the sessions live.
        records: What was recorded at each agent's launch, by name.
        detectors: Detectors beside the rules.

    Returns:
        A voice for each agent, and after them one for every session of the workspace whose agent
        is no longer configured.
    """
    sessions = {session.agent: session for session in host.list(root)}
    strays = {name: one.runtime for name, one in sessions.items() if name not in agents}
    screens = host.capture([one.pane for one in sessions.values()]) if sessions else {}
    now = time.time()
    return {
        name: _voice(name, runtime, sessions.get(name), screens, now, rules, records, detectors)
        for name, runtime in {**agents, **strays}.items()
    }


def _voice(
    name: str,
    runtime: str,
    session: Session | None,
    screens: Mapping[str, str],
    now: float,
    rules: Mapping[str, Mapping[str, Any]],
    records: Mapping[str, Mapping[str, Any]],
    detectors: Sequence[Reads],
) -> Voice:
    own = rules.get(session.runtime if session and session.runtime else runtime)
    seen = observe(runtime, session, screens, now, own, records.get(name, {}))
    evidence = gather(own, seen) if own else []
    for detector in detectors:
        if detector.runtime in ("", runtime):
            evidence += detector.detect(seen)
    return Voice(name, runtime, session, seen, judge(seen, evidence))


def observe(
    runtime: str,
    session: Session | None,
    screens: Mapping[str, str],
    now: float,
    rules: Mapping[str, Any] | None,
    record: Mapping[str, Any],
) -> Observation:
    """Put together what was seen of one agent.

    Args:
        runtime: Its runtime's name.
        session: Its session, or None.
        screens: Screens by pane.
        now: Epoch seconds.
        rules: Compiled rules of its runtime, or None.
        record: What was recorded at its launch.
    """
    if session is None:
        return Observation(now, runtime, session=False)
    text = screens.get(session.pane)
    live = live_status(record.get("live_status"), session, (rules or {}).get("live"))
    return Observation(
        now,
        runtime,
        session=True,
        alive=not session.dead,
        exit_status=session.exit_status,
        started=session.created,
        title=session.title,
        screen=None if text is None else Screen(text, session.width, session.height),
        live=live[0] if live else None,
        live_at=live[1] if live else None,
    )
