"""`health`: every agent in the contract's health shape."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ..detection.regions import rows_of

if TYPE_CHECKING:
    from ..watching.look import Voice
    from .context import Context

PREFIXES = {"rate_limited": "rate_limit: ", "provider_down": "provider_down: "}


def health(context: Context, agents: Collection[str] = ()) -> list[dict[str, Any]]:
    """Look at agents once and return their health records.

    Args:
        context: The workspace.
        agents: The agents wanted; all of them if empty.

    Raises:
        ConfigError: If there is neither such an agent nor a session left of one.
    """
    voices = context.voices()
    for name in agents:
        if name not in voices:
            context.agent(name)
    return [record(context.name, voices[name]) for name in sorted(agents or voices)]


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
