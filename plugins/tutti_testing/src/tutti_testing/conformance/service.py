"""What every background service must do."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from tutti_core import Context, Event, Service

from .ground import TEAM, ground

PATIENCE_SECS = 5.0
TIME = "2026-01-01T00:00:00.000000Z"


class ServiceConformance:
    """What every background service must do.

    Attributes:
        make: Makes the service of a workspace; a plain function must be wrapped in
            ``staticmethod``.
        team: The `tutti.toml` of the workspace.
    """

    make: ClassVar[Callable[[Context], Service]]
    team: ClassVar[str] = TEAM

    def test_it_is_a_service(self, tmp_path: Path) -> None:
        """It has what the contract asks for, and says when it wants to be called."""
        with ground(tmp_path, self.team) as place:
            service = type(self).make(place.context)
            assert isinstance(service, Service), (
                "a service has `name`, `events`, `every` and `handle`: add what is missing"
            )
            assert service.name, "`name` is empty: it names the cursor into the journal"
            assert not isinstance(service.events, str), "`events` is a tuple of names, not one name"
            assert 0.0 <= service.every < math.inf, "`every` is in seconds, and 0 for no ticks"
            assert service.events or service.every, (
                "it wants neither events nor ticks, so it is never called: give `events` or `every`"
            )

    def test_it_handles_what_it_asks_for(self, tmp_path: Path) -> None:
        """Events it asks for, those without details too, and ticks are handled at once."""
        with ground(tmp_path, self.team) as place:
            service = type(self).make(place.context)
            for event in _wanted(service):
                began = time.monotonic()
                service.handle(place.context, event)
                took = time.monotonic() - began
                assert took < PATIENCE_SECS, (
                    f"handle() took {took:.1f} s, and the one watcher waits for it: start what "
                    "takes long and look after it on a tick"
                )

    def test_it_handles_an_event_again(self, tmp_path: Path) -> None:
        """An event comes again, to a fresh service too, if its effect came before its cursor."""
        with ground(tmp_path, self.team) as place:
            for _ in range(2):
                service = type(self).make(place.context)
                for event in _wanted(service) * 2:
                    try:
                        service.handle(place.context, event)
                    except Exception as error:
                        raise AssertionError(
                            f"handle() raised {error!r} for {event} that came again: look whether "
                            "its effect is there, and pass over it then"
                        ) from error


def _wanted(service: Service) -> list[Event | None]:
    events: list[Event | None] = [
        Event(name, "work", agent, data=data, timestamp=TIME, seq=number)
        for number, name in enumerate(service.events, 1)
        for agent, data in (("voice", {"runtime": "demo"}), (None, None))
    ]
    return [*events, None] if service.every else events
