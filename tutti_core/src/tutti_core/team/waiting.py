"""Waiting for a lock, and saying for whom once that takes a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from ..state.lock import Lock

LOCK_SECS = 300.0
"""How long to wait for an agent: whoever holds it may check out a large repository."""

SILENT_SECS = 1.0
"""A wait as short as this is not worth a word."""


def patient_lock(
    path: Path,
    purpose: str,
    told: Callable[[str], None],
    *,
    unless: Callable[[], bool] = bool,
) -> Lock:
    """Return a lock that says for whom it waits; enter it at once.

    Args:
        path: The lock file.
        purpose: What for, shown to whoever waits for it in turn.
        told: Told once, in words, who holds it and for what.
        unless: Asked while it waits; once it says yes, waiting is over.
    """
    silent_until = time.monotonic() + SILENT_SECS

    def asked() -> bool:
        nonlocal silent_until
        if time.monotonic() >= silent_until and (holder := lock.holder()):
            silent_until = float("inf")
            told(f"waits for {holder}")
        return unless()

    lock = Lock(path, timeout=LOCK_SECS, purpose=purpose, unless=asked)
    return lock
