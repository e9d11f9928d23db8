"""One look at a team: sessions in one call, screens in one call, files by path."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from ..detection.context import context_of
from ..detection.evidence import gather, parts_of
from ..detection.judge import judge
from ..detection.turns import last_begun
from ..model.reading import Evidence, Observation, Reading, Screen
from ..model.session import Session
from ..state.instants import MICROS, micros_of
from .feeds import feeds_of, look_at
from .live import live_status


class Voice(NamedTuple):
    """One agent as it is now.

    Attributes:
        agent: Its name.
        runtime: Name of the runtime it runs on, or would; empty if none is configured.
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

    name: str
    runtime: str

    def detect(self, observation: Observation) -> Iterable[Evidence]:
        """Return evidence."""


def look(
    root: str,
    agents: Mapping[str, str],
    rules: Mapping[str, Mapping[str, Any]],
    host: Panes,
    record_of: Callable[[str], Mapping[str, Any]],
    detectors: Sequence[Reads] = (),
    *,
    strays: bool = True,
) -> dict[str, Voice]:
    """Look at agents of a workspace once.

    Args:
        root: Absolute path of the workspace.
        agents: Agent name to runtime name, in the order wanted.
        rules: Compiled rules by runtime.
        host: Where the sessions live.
        record_of: Gives what was recorded at an agent's launch.
        detectors: Detectors beside the rules.
        strays: Whether sessions of other agents are looked at too.

    Returns:
        A voice for each agent, and with `strays` after them one for every session of the workspace
        whose agent is none of them.
    """
    listed = host.list(root)
    sessions = {one.agent: one for one in listed if strays or one.agent in agents}
    others = {name: one.runtime for name, one in sessions.items() if name not in agents}
    screens = host.capture([one.pane for one in sessions.values()]) if sessions else {}
    now = time.time()
    return {
        name: _voice(name, runtime, sessions.get(name), screens, now, rules, record_of, detectors)
        for name, runtime in {**agents, **others}.items()
    }


def _voice(
    name: str,
    configured: str,
    session: Session | None,
    screens: Mapping[str, str],
    now: float,
    rules: Mapping[str, Mapping[str, Any]],
    record_of: Callable[[str], Mapping[str, Any]],
    detectors: Sequence[Reads],
) -> Voice:
    # What runs may have been started before the file said otherwise.
    runtime = session.runtime if session and session.runtime else configured
    own = rules.get(runtime)
    seen = observe(runtime, session, screens, now, own, record_of(name))
    return Voice(name, runtime, session, seen, read(seen, own, detectors))


def stopped(agent: str, runtime: str, record: Mapping[str, Any]) -> Voice:
    """Return the voice of an agent that has no session.

    Args:
        agent: Its name.
        runtime: Name of the runtime it would run on.
        record: What was recorded of its last launch.
    """
    seen = observe(runtime, None, {}, time.time(), None, record)
    return Voice(agent, runtime, None, seen, judge(seen, ()))


def read(
    seen: Observation, rules: Mapping[str, Any] | None, detectors: Sequence[Reads] = ()
) -> Reading:
    """Return what an observation means.

    Args:
        seen: What was seen.
        rules: Compiled rules of the runtime, or None if there are none.
        detectors: Detectors beside the rules.
    """
    if seen.resumed and seen.turned is None:
        seen = seen._replace(turned=last_begun(rules, seen))
    evidence: list[Evidence] = gather(rules, seen) if rules else []
    failures: list[Evidence] = []
    for detector in detectors:
        if detector.runtime in ("", seen.runtime):
            found, failure = _heard(detector, seen)
            evidence += found
            failures += failure
    reading = judge(seen, evidence)
    context = context_of(rules, seen, dict(parts_of(rules, seen))) if rules else None
    return reading._replace(evidence=(*reading.evidence, *failures), context=context)


def _heard(detector: Reads, seen: Observation) -> tuple[list[Evidence], list[Evidence]]:
    """Return a detector's evidence, and if it raises instead, a remark that decides nothing."""
    try:
        return list(detector.detect(seen)), []
    except Exception as error:  # noqa: BLE001 -- one plugin must not hide the whole team
        said = f"{type(error).__name__}: {error}"
        return [], [Evidence(detector.name, "unknown", rule="raised", detail=said, confidence=0.0)]


def observe(
    runtime: str,
    session: Session | None,
    screens: Mapping[str, str],
    now: float,
    rules: Mapping[str, Any] | None,
    record: Mapping[str, Any],
    feeds: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    **seen_before: Any,
) -> Observation:
    """Put together what was seen of one agent.

    Args:
        runtime: Its runtime's name.
        session: Its session, or None.
        screens: Screens by pane.
        now: Epoch seconds.
        rules: Compiled rules of its runtime, or None.
        record: What was recorded at its launch.
        feeds: What its feeds say; None to read them.
        seen_before: What else whoever goes on looking knows, by the names of an `Observation`.
    """
    if session is None:
        over = record.get("status") == "Stopped"
        ended = _seconds(record.get("stopped_at")) if over else None
        return Observation(now, runtime, session=False, ended=ended)
    text = screens.get(session.pane)
    live = live_status(record.get("live_status"), session, (rules or {}).get("live"))
    return Observation(
        now,
        runtime,
        session=True,
        alive=not session.dead,
        exit_status=session.exit_status,
        exit_signal=session.exit_signal,
        started=_started(session, record),
        title=session.title,
        screen=None if text is None else _screen(text, session),
        live=live[0] if live else None,
        live_at=live[1] if live else None,
        feeds=look_at(feeds_of(record), rules) if feeds is None else feeds,
        resumed=record.get("resumed") is True,
        turned=_seconds(record.get("turned_at")),
        ended=session.ended,
        **seen_before,
    )


def _started(session: Session, record: Mapping[str, Any]) -> float:
    """Return when a session was made; its host knows the second, its record what was before it."""
    noted = _seconds(record.get("started_at"))
    exact = noted is not None and session.created <= noted < session.created + 1
    return noted if exact and noted is not None else session.created


def _seconds(text: object) -> float | None:
    try:
        return micros_of(text) / MICROS if isinstance(text, str) else None
    except ValueError:
        return None


def _screen(text: str, session: Session) -> Screen:
    return Screen(text, session.width, session.height, session.alternate, session.cursor)
