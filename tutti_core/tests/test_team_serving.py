"""Services: each event is handed over until it was taken, whatever fails and whoever is killed."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from tutti_core.model.happening import Event
from tutti_core.team import serving
from tutti_core.team.serving import Services

SECS = 10.0


@attrs.define
class Keeper:
    """A service that remembers what it was handed, and fails as often as it is told to."""

    name: str = "keeper"
    events: tuple[str, ...] = ("a.thing",)
    every: float = 0.0
    handed: list[Any] = attrs.field(factory=list)
    failing: int = 0
    gate: threading.Event = attrs.field(factory=threading.Event)
    entered: threading.Event = attrs.field(factory=threading.Event)

    def handle(self, context: Any, event: Event | None) -> None:
        self.entered.set()
        self.gate.wait(SECS)
        if self.failing:
            self.failing -= 1
            raise ValueError("not now")
        self.handed.append(event.data["n"] if event and event.data else None)


@pytest.fixture
def served(crew: Any) -> Iterator[Callable[..., tuple[Services, Any]]]:
    """Give what runs services for a workspace, and the workspace."""
    made: list[Services] = []

    def serve(*kept: Keeper) -> tuple[Services, Any]:
        crew.add("kept", tutti_services=lambda: list(kept))
        context = crew.context("one")
        notes: list[str] = []
        services = Services(lambda: context, lambda event, **_: notes.append(event))
        made.append(services)
        return services, context

    yield serve
    for services in made:
        services.stop()


def open_gate(*kept: Keeper) -> None:
    """Let services work from now on."""
    for one in kept:
        one.gate.set()


def until(condition: Callable[[], bool]) -> bool:
    """Wait until a condition holds."""
    ends = time.monotonic() + SECS
    while not condition():
        if time.monotonic() > ends:
            return False
        threading.Event().wait(0.005)
    return True


def cursor(context: Any, name: str = "keeper") -> int:
    """Return the event up to which a service is done."""
    try:
        return int(json.loads(context.places.cursor(name).read_text())["seq"])
    except (OSError, ValueError):
        return -1


def test_it_is_handed_what_it_wants_in_order(served: Any) -> None:
    """Events it asked for, from the moment it is there, each once; its place follows."""
    keeper = Keeper()
    open_gate(keeper)
    services, context = served(keeper)
    context.emit("a.thing", data={"n": 0})
    services.begin()
    assert until(lambda: cursor(context) == 1)
    for number in range(1, 30):
        context.emit("a.thing" if number % 3 else "another", data={"n": number})
        services.wake()
    assert until(lambda: len(keeper.handed) == 20)
    assert keeper.handed == [number for number in range(1, 30) if number % 3]
    assert until(lambda: cursor(context) == 30)


def test_its_place_moves_after_the_effect(served: Any) -> None:
    """While an event is being handled, its place is still before it."""
    keeper = Keeper()
    services, context = served(keeper)
    services.begin()
    assert until(lambda: cursor(context) == 0)
    context.emit("a.thing", data={"n": 1})
    services.wake()
    assert cursor(context) == 0
    open_gate(keeper)
    assert until(lambda: cursor(context) == 1)
    assert keeper.handed == [1]


def test_one_that_raises_is_told_once_and_handed_it_again(
    served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost and nothing passed over: the event comes until it is taken."""
    monkeypatch.setattr(serving, "FIRST_PAUSE", 0.01)
    keeper = Keeper(failing=4)
    open_gate(keeper)
    services, context = served(keeper)
    services.begin()
    assert until(lambda: cursor(context) == 0)
    for number in (1, 2):
        context.emit("a.thing", data={"n": number})
    services.wake()
    assert until(lambda: keeper.handed == [1, 2])
    failures = [one for one in context.journal.read() if one["event"] == "service.failed"]
    assert [one["data"] for one in failures] == [
        {"service": "keeper", "error": "ValueError: not now"}
    ]


def test_a_slow_one_keeps_nobody_waiting(served: Any) -> None:
    """Another service gets its events, and the end is not held up."""
    slow, quick = Keeper("slow"), Keeper("quick")
    open_gate(quick)
    services, context = served(slow, quick)
    services.begin()
    assert until(lambda: cursor(context, "slow") == cursor(context, "quick") == 0)
    context.emit("a.thing", data={"n": 1})
    services.wake()
    assert until(lambda: quick.handed == [1])
    assert slow.handed == []
    began = time.monotonic()
    services.stop()
    assert time.monotonic() - began < 3
    assert cursor(context, "slow") == 0
    open_gate(slow)


def test_what_must_not_be_cut_short_may_finish(served: Any) -> None:
    """Told to stop, it waits for a service as long as that is at something that must be whole."""
    slow = Keeper(name="slow")
    services, context = served(slow)
    services.begin()
    assert until(lambda: context.places.cursor("slow").exists())
    context.emit("a.thing", data={"n": 1})
    services.wake()
    assert slow.entered.wait(SECS)
    asked: list[bool] = []

    def is_busy() -> bool:
        asked.append(True)
        slow.gate.set()
        return not slow.handed

    services.stop(is_busy, most=SECS)
    assert slow.handed == [1]
    assert asked


def test_ticks_come_by_themselves(served: Any) -> None:
    """A service that wants no events is called again and again."""
    keeper = Keeper(events=(), every=0.01)
    open_gate(keeper)
    services, _ = served(keeper)
    services.begin()
    assert until(lambda: len(keeper.handed) >= 3)
    assert set(keeper.handed) == {None}


def test_a_place_in_a_journal_that_is_another_is_not_believed(served: Any) -> None:
    """After a power failure it begins with what comes, and passes over nothing that does."""
    keeper = Keeper()
    open_gate(keeper)
    services, context = served(keeper)
    path = context.places.cursor("keeper")
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"service": "keeper", "seq": 900, "at": "2026-01-01"}))
    services.begin()
    assert until(lambda: cursor(context) == 0)
    context.emit("a.thing", data={"n": 1})
    services.wake()
    assert until(lambda: keeper.handed == [1])


def test_with_a_broken_configuration_nobody_acts(served: Any) -> None:
    """Who acts by rules that nobody can read might act against them; they go on once mended."""
    keeper = Keeper()
    open_gate(keeper)
    services, context = served(keeper)
    context.trouble = ValueError("broken")
    context.trouble.message = "broken"
    services.begin()
    assert threading.active_count() == 1 or not any(
        one.name == "service keeper" for one in threading.enumerate()
    )
    context.trouble = None
    services.begin()
    assert until(lambda: cursor(context) == 0)


KILLED = """
import os, signal, sys, types
from pathlib import Path
from tutti_core.markers import hookimpl
from tutti_core.plugins import Plugins
from tutti_core.team.context import Context
from tutti_core.team.serving import Services
import tutti_core.builtin

root, effects = Path(sys.argv[1]), Path(sys.argv[2])

class Writer:
    name, events, every = "writer", ("a.thing",), 0.0
    def handle(self, context, event):
        with effects.open("a") as file:
            file.write(f"{event.seq}\\n")
        if len(effects.read_text().split()) in (2, 4):
            os.kill(os.getpid(), signal.SIGKILL)
        if event.seq == 5:
            done.set()

import threading
done = threading.Event()
plugins = Plugins()
plugins.add(tutti_core.builtin, "core", "tutti-core")
plugins.add(types.SimpleNamespace(tutti_services=hookimpl(lambda: [Writer()])), "w", "dist-w")
context = Context.open(root, plugins)
services = Services(lambda: context, print)
services.begin()
if not context.journal.last():
    while not context.places.cursor("writer").exists():
        pass
    for number in range(5):
        context.emit("a.thing", data={"n": number})
services.wake()
done.wait(20)
services.stop()
"""


def test_killed_in_the_middle_of_an_event_it_comes_again(tmp_path: Path) -> None:
    """Kill -9 after the effect and before its place was kept: the event is handed again."""
    (tmp_path / "tutti.toml").write_text('[workspace]\nname = "w"\n')
    effects = tmp_path / "effects"
    codes = [
        subprocess.run(
            [sys.executable, "-c", KILLED, tmp_path, effects],
            timeout=30, check=False, capture_output=True, env={"HOME": str(tmp_path), "PATH": ""},
        ).returncode
        for _ in range(3)
    ]  # fmt: skip
    assert codes == [-9, -9, 0]
    assert effects.read_text().split() == ["1", "2", "2", "3", "3", "4", "5"]
