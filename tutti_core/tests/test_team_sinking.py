"""Sinks: each hears of things in the order of the journal, and none keeps anybody waiting."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from tutti_core.model.happening import Event
from tutti_core.team import sinking

SECS = 20.0


@attrs.define
class Ear:
    """A sink that keeps the numbers of what it hears, once it is let."""

    name: str
    heard: list[int | None] = attrs.field(factory=list)
    gate: threading.Event = attrs.field(factory=threading.Event)
    raises: bool = False

    def receive(self, event: Event) -> None:
        self.gate.wait(SECS)
        if self.raises:
            raise OSError("the disk is full")
        self.heard.append(event.seq)


def open_ear(name: str, **more: Any) -> Ear:
    """Make one that hears at once."""
    ear = Ear(name, **more)
    ear.gate.set()
    return ear


def until(condition: Callable[[], bool]) -> bool:
    """Wait until a condition holds."""
    ends = time.monotonic() + SECS
    while not condition():
        if time.monotonic() > ends:
            return False
        threading.Event().wait(0.001)
    return True


def said(context: Any, event: str) -> list[dict[str, Any]]:
    """Return the data of the events of a name."""
    return [one["data"] for one in context.journal.read() if one["event"] == event]


def test_one_that_blocks_delays_nothing(crew: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal and the others go on; what it has no room for is dropped, counted and told."""
    monkeypatch.setattr(sinking, "MOST", 20)
    slow, quick = Ear("slow"), open_ear("quick")
    crew.add("ears", tutti_sinks=lambda: [slow, quick])
    context = crew.context("one")
    began = time.monotonic()
    for number in range(1, 101):
        context.emit("a.thing")
        assert until(lambda: len(quick.heard) == number)  # noqa: B023
    assert time.monotonic() - began < SECS / 2
    assert not context.drain(0.05)
    assert len(list(context.journal.read())) == 100
    slow.gate.set()
    assert context.drain(SECS)
    (lost,) = said(context, "sink.dropped")
    taken = [seq for seq in slow.heard if seq is not None and seq <= 100]
    assert lost["sink"] == "slow"
    assert lost["dropped"] == 100 - len(taken)
    assert (lost["first"], lost["last"]) == (len(taken) + 1, 100)
    assert taken == list(range(1, len(taken) + 1))
    assert quick.heard == [one["seq"] for one in context.journal.read()]


def test_one_that_raises_is_told_once(crew: Any) -> None:
    """It gets no further event, and the others get all."""
    broken, sound = open_ear("broken", raises=True), open_ear("sound")
    crew.add("ears", tutti_sinks=lambda: [broken, sound])
    context = crew.context("one")
    for _ in range(10):
        context.emit("a.thing")
    assert context.drain(SECS)
    (told,) = said(context, "sink.failed")
    assert told == {"sink": "broken", "error": "OSError: the disk is full"}
    context.emit("a.thing")
    assert context.drain(SECS)
    assert said(context, "sink.failed") == [told]
    assert sound.heard == [one["seq"] for one in context.journal.read()]


BLOCKED = """
import sys, threading, types
from pathlib import Path
from tutti_core import Context, hookimpl
from tutti_core.plugins import Plugins
class Blocked:
    name = "blocked"
    def receive(self, event):
        threading.Event().wait()
plugins = Plugins.installed()
plugins.add(types.SimpleNamespace(tutti_sinks=hookimpl(lambda: [Blocked()])), "blocked")
context = Context.open(Path(sys.argv[1]), plugins)
for _ in range(3):
    context.emit("a.thing")
"""


def test_a_process_that_ends_leaves_a_blocked_one_behind(crew: Any) -> None:
    """It waits a moment, tells what the sink was not given, and is gone."""
    context = crew.context(head='[workspace]\nname = "w"\n')
    argv = [sys.executable, "-c", BLOCKED, str(crew.root)]
    subprocess.run(argv, check=True, timeout=60, cwd=Path(crew.root))
    (lost,) = said(context, "sink.dropped")
    assert (lost["dropped"], lost["first"], lost["last"]) == (2, 2, 3)
