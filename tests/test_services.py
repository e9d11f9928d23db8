"""The services of the house keep the contract of services, also under who really runs them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tutti_core import Context, Plugins, Service
from tutti_core.team.holding import Watch
from tutti_testing import ServiceConformance
from tutti_testing.conformance.ground import ground

SECS = 60.0


def services(context: Context) -> Mapping[str, Service]:
    """Return the services of all that is installed."""
    return context.plugins.services(context)


@pytest.mark.parametrize("law", [name for name in dir(ServiceConformance) if name[:5] == "test_"])
def test_every_service_keeps_every_law(law: str, tmp_path: Path) -> None:
    """Each service of each distribution does what every service must."""
    with ground(tmp_path) as place:
        names = sorted(services(place.context))
    for name in names:
        folder = tmp_path / name
        folder.mkdir()

        class Suite(ServiceConformance):
            make = staticmethod(lambda context, name=name: services(context)[name])

        getattr(Suite(), law)(folder)


def test_the_one_who_watches_hands_each_of_them_all_it_wants(tmp_path: Path) -> None:
    """Every event, bare or with details, is taken once, and again where its place was lost."""
    with ground(tmp_path) as place:
        context = place.context
        wanted = {name: tuple(one.events) for name, one in services(context).items()}
        watched(context, wanted, {})
        for event in dict.fromkeys(event for events in wanted.values() for event in events):
            context.emit(event, "voice", {"runtime": "demo"})
            context.emit(event)
        first = places(context, wanted)
        told = watched(context, wanted, last_of(context, wanted))
        for name, events in wanted.items():
            if events:
                context.places.cursor(name).write_text(json.dumps(first[name]))
        assert watched(context, wanted, last_of(context, wanted)) == told
        assert "service.failed" not in [one["event"] for one in context.journal.read()]
        log = context.places.logs / "watcher.log"
        assert "service" not in (log.read_text() if log.exists() else "")


def watched(
    context: Context, wanted: Mapping[str, tuple[str, ...]], until: Mapping[str, int]
) -> dict[str, int]:
    """Hold the watch until every service is done with an event, and return where they are."""
    watch = Watch(Context.open(context.root, Plugins.installed()), purpose="a test")
    assert watch.take()
    try:
        ends = time.monotonic() + SECS
        while not all(
            name in (there := numbers(context, wanted)) and there[name] >= until.get(name, 0)
            for name in wanted
        ):
            assert time.monotonic() < ends, (numbers(context, wanted), until)
            watch.turn(0.02)
    finally:
        watch.let_go()
    return numbers(context, wanted)


def places(context: Context, wanted: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """Return the place of each service as it is kept."""
    found = {name: context.places.cursor(name) for name in wanted}
    return {name: json.loads(path.read_text()) for name, path in found.items() if path.exists()}


def numbers(context: Context, wanted: Mapping[str, object]) -> dict[str, int]:
    """Return the number of the event that each service was done with last."""
    return {name: int(str(one["seq"])) for name, one in places(context, wanted).items()}


def last_of(context: Context, wanted: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """Return the number of the last event that each service wants."""
    said = [(one["seq"], one["event"]) for one in context.journal.read()]
    return {
        name: max(seq for seq, event in said if event in events)
        for name, events in wanted.items()
        if events
    }
