"""`health`: every agent in the contract's health shape."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ..detection.regions import rows_of
from ..state.files import JsonFile
from .snapshot import voices_in
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

    Raises:
        ConfigError: If there is neither such an agent nor a session left of one.
    """
    kept = believed(context.root)
    seen = context.voices() if kept is None else _kept(context, kept)
    for name in agents:
        if name not in seen:
            context.agent(name)
    return [
        {**record(context.name, seen[name]), **_looked(context, kept, seen[name])}
        for name in sorted(agents or seen)
    ]


def _kept(context: Context, kept: Readings) -> dict[str, Voice]:
    configured = {one["name"]: one["runtime"] for one in context.digest["agents"]}
    return {one.agent: one for one in voices_in(kept, configured)}


def _looked(context: Context, kept: Readings | None, voice: Voice) -> dict[str, Any]:
    """Return who has looked, and what of it is not in the readings."""
    if kept is None:
        return {"source": "look", "age": 0.0}
    age = round(max(0.0, time.time() - voice.seen.now), 3)
    found = JsonFile(context.places.health(voice.agent)).read({}) if voice.session else {}
    seen = found.get("pane_hash") if isinstance(found, dict) else None
    return {"pane_hash": seen, "source": "watcher", "age": age}


def record(workspace: str, voice: Voice) -> dict[str, Any]:
    """Return one voice in the contract's health shape, with tutti's own fields behind.

    Args:
        workspace: The workspace's name.
        voice: The voice.
    """
    reading, session = voice.reading, voice.session
    return {
        "workspace": workspace,
        "agent": voice.agent,
        "runtime": voice.runtime,
        "session_name": session.name if session else None,
        "running": session is not None and not session.dead,
        "activity_state": reading.activity_state,
        "auth_state": reading.auth_state,
        "last_output_change_at": _instant(session.activity) if session else None,
        "last_probe_at": _instant(voice.seen.now),
        "reason": _reason(voice),
        "pane_hash": _fingerprint(voice),
        "state": reading.state,
        "kind": reading.kind,
        "confirmed": reading.confirmed,
        "confidence": reading.confidence,
    }


def _reason(voice: Voice) -> str | None:
    reading = voice.reading
    return PREFIXES.get(reading.state, "") + reading.detail if reading.detail else None


def _fingerprint(voice: Voice) -> str | None:
    """Return a hash of the screen that is the same in every build and safe in JavaScript."""
    if voice.seen.screen is None:
        return None
    text = "\n".join(rows_of(voice.seen.screen.text))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _instant(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
