"""Who holds the watch: one at a time, whoever waits takes over, and nothing of an agent's in it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tutti_core.team import rousing, watcher
from tutti_core.team.holding import Watch
from tutti_core.team.scene import opened
from tutti_core.team.up import UpRequest, up


@pytest.fixture
def held(crew: Any) -> Iterator[Callable[[Any], Watch]]:
    """Give what makes a watch, and let go of it afterwards."""
    made: list[Watch] = []

    def make(context: Any) -> Watch:
        made.append(Watch(context, purpose="a test"))
        return made[-1]

    yield make
    for one in made:
        one.let_go()


def turns(one: Watch, condition: Callable[[], bool], secs: float = 60.0) -> bool:
    """Let a watch do its work until a condition holds."""
    ends = time.monotonic() + secs
    while not condition():
        if time.monotonic() > ends:
            return False
        one.turn(0.05)
    return True


def until(condition: Callable[[], bool], secs: float = 20.0) -> bool:
    """Wait until a condition holds, while somebody else does the work."""
    ends = time.monotonic() + secs
    while not condition():
        if time.monotonic() > ends:
            return False
        threading.Event().wait(0.01)
    return True


def told(context: Any) -> list[str]:
    """Return the names of the events."""
    return [one["event"] for one in context.journal.read()]


def test_who_waits_takes_over_when_the_holder_is_gone(crew: Any, held: Any) -> None:
    """Two at once are one; the other has the watch within two seconds of its end, and goes on."""
    context = crew.context("one")
    up(context, UpRequest())
    first, second = held(context), held(context)
    assert first.take()
    assert not second.take()
    hosting = threading.Thread(target=second.host)
    hosting.start()
    assert turns(first, lambda: "agent.idle" in told(context))
    assert second.monitor is None
    first.let_go()
    assert until(lambda: second.monitor is not None)
    assert watcher.is_watched(context.root)
    pane = next(iter(crew.host.made.values())).pane
    crew.host.screens[pane] = "busy"
    context.places.ring("one").parent.mkdir(exist_ok=True)
    context.places.ring("one").write_text("busy")
    assert until(lambda: "agent.working" in told(context))
    second.stop()
    hosting.join(20.0)
    assert not hosting.is_alive()
    assert told(context) == ["agent.started", "agent.idle", "agent.working"]
    assert not watcher.is_watched(context.root)


def test_who_waits_may_leave(crew: Any, held: Any) -> None:
    """Waiting ends when it is told to, and nobody holds a watch over nothing."""
    second = held(crew.context("one"))
    hosting = threading.Thread(target=second.host)
    hosting.start()
    second.stop()
    hosting.join(20.0)
    assert not hosting.is_alive()
    assert second.monitor is None


def test_it_ends_when_nothing_is_left(crew: Any, held: Any) -> None:
    """Once the last session is gone, and not before, it is over."""
    context = crew.context("one")
    up(context, UpRequest())
    one = held(context)
    assert one.take()
    rounds = iter(range(1000))
    one.run(lambda: next(rounds) < 3)
    assert one.monitor is not None
    assert not one.monitor.empty
    crew.host.made.clear()
    context.places.deaths.write_text("%1\n")
    began = time.monotonic()
    one.run(lambda: time.monotonic() < began + 30)
    assert time.monotonic() < began + 20
    assert told(context)[-1] == "agent.stopped"


def test_a_broken_configuration_is_watched_all_the_same(crew: Any, held: Any) -> None:
    """Who begins while tutti.toml is broken watches what runs."""
    up(crew.context("one"), UpRequest())
    (crew.root / "tutti.toml").write_text("[workspace\n")
    context = opened(crew.root, crew.plugins)
    assert context.trouble is not None
    one = held(context)
    assert one.take()
    assert turns(one, lambda: bool(one.monitor.voices))


def test_the_folder_of_another_workspace_is_let_go(crew: Any, held: Any, tmp_path: Any) -> None:
    """Where its folder was moved away, the lock at its place is no longer its own."""
    context = crew.context("one")
    up(context, UpRequest())
    one = held(context)
    assert one.take()
    assert one._is_ours()
    context.places.home.rename(tmp_path / "moved")
    assert not one._is_ours()


def test_nothing_of_an_agent_is_in_the_watcher(monkeypatch: pytest.MonkeyPatch) -> None:
    """Started from an agent's pane it has no mark of that agent, and no plugin is switched off."""
    for name in ("TUTTI_AGENT", "TUTTI_ROOT", "TUTTI_WORKSPACE", "TMUX", "TUTTI_DISABLE_PLUGINS"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("KEPT", "yes")
    given = rousing._environment()
    assert given["KEPT"] == "yes"
    assert not {name for name in given if name.startswith(("TUTTI_", "TMUX"))} - {
        "TUTTI_WATCHER",
        "TUTTI_TMUX_SOCKET",
    }
    monkeypatch.delenv("TUTTI_AGENT")
    assert rousing._environment()["TUTTI_DISABLE_PLUGINS"] == "x"


def test_switched_off_nobody_is_started(crew: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """TUTTI_WATCHER=off has commands start no watcher."""
    monkeypatch.setattr(rousing, "_start", lambda _: pytest.fail("one was started"))
    assert not rousing.ensure(crew.context("one"))
