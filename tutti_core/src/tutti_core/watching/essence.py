"""What has to differ for two looks at an agent to be two different things."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from ..model.reading import Observation, Reading

COUNTS = frozenset(
    (
        "state",
        "kind",
        "detail",
        "confidence",
        "confirmed",
        "context",
        "resets",
        "stalled",
        "options",
        "answers",
    )
)  # fmt: skip
"""What of a reading is worth writing down again; the age of its evidence is not."""


def essence(reading: Reading) -> tuple[Any, ...]:
    """Return what has to differ for a reading to be worth writing down again."""
    words = [(one.source, one.state, one.rule) for one in reading.evidence[:1]]
    values = zip(reading._fields, reading, strict=True)
    return (*(value for name, value in values if name in COUNTS), words)


def fingerprint(seen: Observation) -> bytes:
    """Return what differs as soon as anything was seen that may mean something else."""
    digest, screen = blake2b(digest_size=16), seen.screen
    told = (seen.alive, seen.exit_status, seen.title, seen.live, seen.turned)
    digest.update(repr(told).encode("utf-8", "replace"))
    if screen is not None:
        digest.update(screen.text.encode("utf-8", "replace"))
        digest.update(repr((screen.width, screen.height, screen.alternate, screen.cursor)).encode())
    for name, records in seen.feeds.items():
        digest.update(repr((name, len(records), records[-1:])).encode("utf-8", "replace"))
    return digest.digest()
