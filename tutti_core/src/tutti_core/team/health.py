"""`health`: every agent in the contract's health shape."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ..detection.regions import rows_of
from ..state.files import JsonFile
from ..state.instants import MICROS, micros_of
from ..terminal.effort import efforts
from ..watching.stall import SURE_SECS, Moves, is_work, stalled, still
from .record import read_record
from .rousing import rouse
from .snapshot import beside, voices_in
from .watcher import believed

if TYPE_CHECKING:
    from ..watching.look import Voice
    from ..watching.readings import Readings
    from .context import Context

PREFIXES = {"rate_limited": "rate_limit: ", "provider_down": "provider_down: "}


def health(context: Context, agents: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return agents' health records: as their watcher has seen them, or by looking.

    Args:
        context: The workspace.
        agents: The agents wanted; all of them if empty.

    Returns:
        A record for each, in the team's order; strays last.

    Raises:
        ConfigError: If there is neither such an agent nor a session left of one.
    """
    rouse(context.root, context.host)
    kept = believed(context.root)
    seen = context.voices() if kept is None else _voices(context, kept)
    for name in agents:
        if name not in seen:
            context.agent(name)
    wanted = [name for name in seen if not agents or name in agents]
    before = {name: _kept(context, name) for name in wanted}
    if kept is not None:
        return [_watched(context, seen[name], before[name]) for name in before]
    marked = {name: with_stall(context, seen[name], one) for name, one in before.items()}
    return [
        {**record(context.name, marked[name], one), "source": "look", "age": 0.0}
        for name, one in before.items()
    ]


def _voices(context: Context, kept: Readings) -> dict[str, Voice]:
    configured = {one["name"]: one["runtime"] for one in context.digest["agents"]}
    return {one.agent: one for one in voices_in(kept, configured)}


def _watched(context: Context, voice: Voice, kept: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a record as the watcher keeps it: the readings have no screen to compare."""
    found = record(context.name, voice, kept)
    seen = ("pane_hash", "last_output_change_at") if voice.session else ()
    known = {key: kept[key] for key in seen if kept and key in kept}
    age = round(max(0.0, time.time() - voice.seen.now), 3)
    return {**found, **known, "source": "watcher", "age": age}


def record(workspace: str, voice: Voice, kept: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return one voice in the contract's health shape, with tutti's own fields behind.

    Args:
        workspace: The workspace's name.
        voice: The voice.
        kept: Its record before: what stands on the screen since then has changed no later, and of
            one that does not run it is all that is known.
    """
    reading, session = voice.reading, voice.session
    picture = _fingerprint(voice) if session else (kept or {}).get("pane_hash")
    changed = changed_at(voice, kept)
    return {
        "workspace": workspace,
        "agent": voice.agent,
        "runtime": voice.runtime,
        "session_name": session.name if session else None,
        "running": session is not None and not session.dead,
        "activity_state": reading.activity_state,
        "auth_state": reading.auth_state,
        "last_output_change_at": None if changed is None else _instant(changed),
        "last_probe_at": _instant(voice.seen.now),
        "reason": _reason(voice),
        "pane_hash": picture,
        "state": reading.state,
        "kind": reading.kind,
        "confirmed": reading.confirmed,
        "confidence": reading.confidence,
        "since": reading.since,
        "ctx": reading.context,
        **beside(reading),
    }


def changed_at(voice: Voice, kept: Mapping[str, Any] | None) -> float | None:
    """Return when an agent's screen last said something new, in epoch seconds, if it is known.

    A spinner that turns and a clock that counts are nothing new. Without a record from before, all
    that is known is when the terminal printed last, whatever that was.

    Args:
        voice: The agent.
        kept: Its record before.
    """
    before, session = kept or {}, voice.session
    told = _seconds(before.get("last_output_change_at"))
    if session is None:
        return told
    same = before.get("session_name") == session.name and told is not None
    stands = same and before.get("pane_hash") == _fingerprint(voice)
    if told is None or told < session.created:
        return session.activity
    return told if stands else max(told, session.activity)


def with_stall(context: Context, voice: Voice, kept: Mapping[str, Any] | None = None) -> Voice:
    """Return a voice with whether it is stalled, as far as one look can tell.

    Args:
        context: The workspace.
        voice: The voice.
        kept: Its health record before.
    """
    session, after = voice.session, context.arrangement.launch.stalled_after_secs
    if voice.reading.stalled or voice.reading.state != "working" or session is None:
        return voice
    moves = Moves(
        session.created,
        "",
        screen=changed_at(voice, kept),
        feed=_spoken(read_record(context.places.agent(voice.agent)).get("feeds")),
        live=voice.seen.live_at,
    )
    found = stalled(voice.reading, moves, voice.seen.now, after)
    if not found or _toils(session.pid):
        return voice
    return voice._replace(reading=voice.reading._replace(stalled=found))


def _toils(pid: int) -> bool:
    """Return whether a process and what it started use the processor for more than a spinner."""
    first = efforts([pid]).get(pid)
    time.sleep(SURE_SECS)
    second = efforts([pid]).get(pid)
    return first is not None and second is not None and is_work(first, second, SURE_SECS)


def _spoken(feeds: object) -> float | None:
    """Return when one of an agent's feeds grew last."""
    paths = feeds.values() if isinstance(feeds, Mapping) else ()
    times = []
    for path in paths:
        with suppress(OSError, ValueError):
            times.append(os.stat(str(path)).st_mtime)
    return max(times, default=None)


def _kept(context: Context, agent: str) -> Mapping[str, Any] | None:
    """Return an agent's health record as whoever watches has written it last, or None.

    Args:
        context: The workspace.
        agent: Its name.
    """
    found = JsonFile(context.places.health(agent)).read()
    return found if isinstance(found, Mapping) else None


def _seconds(text: object) -> float | None:
    try:
        return micros_of(str(text)) / MICROS if text else None
    except ValueError:
        return None


def _reason(voice: Voice) -> str | None:
    reading = voice.reading
    return PREFIXES.get(reading.state, "") + reading.detail if reading.detail else None


def _fingerprint(voice: Voice) -> str | None:
    """Return a hash of the screen that is the same in every build and safe in JavaScript."""
    if voice.seen.screen is None:
        return None
    text = still("\n".join(rows_of(voice.seen.screen.text)))
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _instant(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
