"""The doctor's check of schedules; it looks and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from tutti_core import Context, Finding

from .clock import timed


def scheduled(context: Context) -> Iterator[Finding]:
    """Say what runs by itself, and which of it comes next.

    Args:
        context: The workspace.
    """
    found = timed(context, datetime.now(timezone.utc))
    coming = [(one.next, one.workflow) for one in found if one.next is not None]
    if not coming:
        said = "no workflow has a schedule" if not found else "no schedule comes to a time any more"
        yield Finding("serve/scheduler", "warn" if found else "skip", said)
        return
    at, name = min(coming)
    many = f"{len(found)} workflow{'s' if len(found) > 1 else ''} with a schedule"
    yield Finding(
        "serve/scheduler", "pass", f"{many}; next is {name}, {at.astimezone():%a %Y-%m-%d %H:%M}"
    )
