"""What time alone does: evidence grows old, limits end, and whoever watches says so by itself."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tutti_core.detection.judge import judge
from tutti_core.detection.rulefile import compile_rules
from tutti_core.model.reading import Evidence, Observation, Reading, Screen
from tutti_core.model.session import Session
from tutti_core.watching import watched
from tutti_core.watching.alarm import Rung
from tutti_core.watching.look import Voice, read
from tutti_core.watching.monitor import Monitor
from tutti_core.watching.readings import read_readings
from tutti_core.watching.sight import Glimpse

NOW = 1_800_000_000.0
RULES = compile_rules(
    """
    [composer]
    region = "bottom:1"
    prompt = "^>"

    [[screen]]
    id = "limit"
    state = "rate_limited"
    regex = "(?m)^! limit, resets (?P<reset>.+)$"

    [[screen]]
    id = "prompt"
    state = "idle"
    region = "bottom:1"
    regex = "^>$"

    [[feed.hooks]]
    id = "works"
    state = "working"
    where = { event = "tool" }
    at = "at"
    fades = 10

    [[feed.hooks]]
    id = "asks"
    state = "waiting"
    kind = "permission"
    where = { event = "ask" }
    at = "at"
    fades = 30

    [[feed.hooks]]
    id = "limited"
    state = "rate_limited"
    where = { event = "failed" }
    regex = { text = "resets (?P<reset>.+)" }
    at = "at"

    [[turn.begin]]
    feed = "hooks"
    where = { event = "prompt" }
    at = "at"
    """,
    "test",
)


class World:
    """One agent, its files and its watch, in a time that passes only when the test says so."""

    path = deaths = root = Path("/nowhere")
    polls, line, lost, said, seq, at, likeness = False, None, "", {}, 0, "", ""

    def __init__(self, folder: Path, before: dict[str, Voice] | None = None) -> None:
        self.now, self.screen, self.looks = 1000.0, "", 0
        self.hooks, self.file = folder / "hooks.jsonl", folder / "readings.json"
        self.changed: set[Any] = set()
        self.kept: list[Reading] = []
        self.session = Session(
            "s", "%1", 1, dead=False, exit_status=None, exit_signal=None, title="", width=80,
            height=24, in_mode=False, alternate=False, created=NOW - 500.0, activity=0.0,
            attached=0, root="/root", agent="one", workspace="w", runtime="none",
        )  # fmt: skip
        self.monitor = Monitor(
            self, self, self, self, self,  # type: ignore[arg-type]
            pid=1, clock=lambda: self.now,
        )  # fmt: skip
        self.monitor.begin(before or {})

    def __getattr__(self, name: str) -> Any:
        """Answer nothing to whatever else is asked or told."""
        return lambda *_, **__: None

    def rules(self, runtime: str) -> Any:
        """Return the rules above."""
        return RULES

    def record(self, agent: str) -> dict[str, Any]:
        """Return where its hooks write."""
        return {"feeds": {"hooks": str(self.hooks)}}

    def list(self) -> tuple[Session, ...]:
        """Return who is there."""
        return (self.session,)

    def look(self, sessions: list[Session]) -> dict[str, Glimpse]:
        """Return the screen."""
        self.looks += 1
        return {"%1": Glimpse(self.session, self.screen)}

    def wait(self, seconds: float, hush: float = 0.0) -> Rung:
        """Let the time pass for which the loop sleeps, or none if a file has changed."""
        files, self.changed = frozenset(self.changed), set()
        self.now += 0.0 if files else max(seconds, 0.001)
        return Rung(files)

    def keep(self, data: bytes) -> None:
        """Write the readings."""
        self.file.write_bytes(data)

    def seen(self, voice: Voice) -> None:
        """Take note of what goes into the health file."""
        self.kept.append(voice.reading)

    def hook(self, event: str, text: str = "") -> None:
        """Let a hook write a line."""
        line = {"event": event, "text": text, "at": NOW + self.now}
        with self.hooks.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        self.changed.add(("hooks", "one"))

    def shows(self, screen: str) -> None:
        """Let the agent print something."""
        self.screen = screen
        self.changed.add(("ring", "one"))

    def passes(self, seconds: float) -> None:
        """Let time pass, and the watch do what it does meanwhile."""
        ends = self.now + seconds
        while self.now < ends:
            self.monitor.turn(ends - self.now)

    @property
    def reading(self) -> Reading:
        """What stands, as `tt status` reads it from the file."""
        found = read_readings(self.file)
        assert found is not None
        return found.voices["one"].reading

    news = catch_up = lambda self: []
    tell = lambda self, *_, **__: []  # noqa: E731
    files = configured = expected = detectors = lambda self, *_: {}
    stalls = pause = lambda self, *_: 0.0
    log = lambda self, _: set()  # noqa: E731
    begun = is_free = lambda self, *_: True


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Give a world whose clock on the wall goes with the other."""
    made = World(tmp_path)
    monkeypatch.setattr(watched, "time", SimpleNamespace(time=lambda: NOW + made.now))
    return made


def test_what_fades_is_judged_again_when_it_does(world: World) -> None:
    """An agent that says nothing more is at work only until its last word is too old."""
    world.shows(">")
    world.hook("tool")
    world.passes(9)
    assert world.reading.state == "working"
    world.passes(3)
    assert (world.reading.state, world.kept[-1].state) == ("idle", "idle")


def test_a_doubt_that_comes_with_age_is_kept(world: World) -> None:
    """Where the state stays the same, how sure it is changes when it should, and costs no look."""
    world.shows("who knows")
    world.hook("ask")
    world.passes(25)
    looks = world.looks
    assert (world.reading.state, world.reading.confidence) == ("waiting", 0.9)
    world.passes(4)
    assert world.looks == looks
    world.passes(3)
    assert (world.reading.state, world.reading.confidence) == ("waiting", 0.5)
    assert world.kept[-1].confidence == 0.5
    assert world.looks == looks + 1


def test_a_question_to_a_composer_is_over_after_its_moment(world: World) -> None:
    """Esc fires no hook: a second later what is drawn counts, though nothing happens any more."""
    world.shows(">")
    world.hook("ask")
    world.passes(0.5)
    assert world.reading.state == "waiting"
    world.passes(3)
    assert world.reading.state == "idle"


def test_a_limit_ends_when_it_says(world: World) -> None:
    """Nobody is held by a limit whose time is over, and it does not come back."""
    world.shows(">")
    world.hook("failed", "resets in 2m")
    world.passes(100)
    assert world.reading.state == "rate_limited"
    world.passes(30)
    assert world.reading.state == "idle"
    world.shows(">\n>")
    world.passes(100)
    assert world.reading.state == "idle"


def test_a_limit_on_the_screen_is_reckoned_from_when_it_came(world: World) -> None:
    """Its words say a span or a time of day: they mean what they meant when they were printed."""
    world.shows("! limit, resets in 2m\n>")
    world.passes(100)
    at = world.reading.resets_at
    assert world.reading.state == "rate_limited"
    assert at is not None
    assert at - NOW - 1000 == pytest.approx(120, abs=1)
    world.shows("! limit, resets in 2m\n\n>")
    world.passes(30)
    assert world.reading.state == "idle"
    world.passes(60)
    assert world.reading.state == "idle"


def test_since_is_known_of_what_was_seen_to_change(world: World, tmp_path: Path) -> None:
    """The screen does not say since when; whoever looked before knows, and so does who follows."""
    world.shows("who knows")
    world.passes(10)
    assert world.reading.since is None
    world.shows(">")
    world.passes(60)
    since = world.reading.since
    assert since == pytest.approx(NOW + 1010, abs=1)
    world.session = world.session._replace(dead=True, exit_status=1)
    world.passes(20)
    assert world.reading.state == "exited"
    assert world.reading.since is not None
    assert world.reading.since > NOW + 1060
    follower = World(tmp_path, {"one": world.monitor.voices["one"]})
    follower.session, follower.now = world.session, world.now
    follower.passes(5)
    assert follower.reading.since == world.reading.since


def resumed(screen: str, **more: Any) -> Reading:
    """Return what is read of an agent whose conversation was taken up."""
    seen = Observation(
        NOW, "none", session=True, alive=True, started=NOW - 60.0, screen=Screen(screen),
        resumed=True, **more,
    )  # fmt: skip
    return read(seen, RULES)


def test_an_error_of_an_earlier_launch_is_over(world: World) -> None:
    """A conversation shows it for ever; it counts again once a turn has begun since."""
    old = "! limit, resets 5pm\n>"
    assert resumed(old).state == "idle"
    assert resumed(old, turned=NOW - 5).state == "rate_limited"
    begun = {"event": "prompt", "at": NOW - 5}
    assert resumed(old, feeds={"hooks": [begun]}).state == "rate_limited"
    assert resumed(old, feeds={"hooks": [{**begun, "at": NOW - 500}]}).state == "idle"
    shown = [(one.state, one.confidence) for one in resumed(old).evidence]
    assert shown == [("idle", 0.9), ("rate_limited", 0.0)]


def test_what_is_not_conversation_is_of_now() -> None:
    """What is drawn around a conversation, and what is tried again, belongs to this launch."""
    seen = Observation(NOW, "none", session=True, alive=True, resumed=True)
    drawn = Evidence("screen", "auth_failed", confidence=0.9)
    assert judge(seen, [drawn]).state == "auth_failed"
    assert judge(seen, [drawn._replace(spoken=True)]).state == "unknown"
    assert judge(seen, [drawn._replace(spoken=True, priority=20)]).state == "auth_failed"
