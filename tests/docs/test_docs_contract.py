"""What other programs may rely on is there: one day of a real team is held against the page."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from pages import section

from tutti_core import STATES, Plugins, Reading
from tutti_core.cli.send_view import EXIT_CODES
from tutti_core.team.turn import CATEGORIES
from tutti_testing import Stage
from tutti_testing.stage import Result, environment

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "AGENT_INTEGRATION_CONTRACT.md").read_text(encoding="utf-8")
AGENT = "planter"
TEAM = f"""[workspace]
name = "garden"
[defaults]
runtime = "demo"
[[agent]]
name = "{AGENT}"
prompt = "[[write beds.md Thyme.]] [[commit Plan]]"
[[agent]]
name = "troubled"
[[agent]]
name = "mortal"
[[agent]]
name = "deaf"
runtime = "deaf"
[[agent]]
name = "gone"
runtime = "gone"
[worktree]
setup = ["true"]
[[runtime]]
name = "deaf"
command = "{sys.executable} -I -m tutti_demo.agent --swallow-enter 1"
args_constrained = []
rules_file = "rules.toml"
[[runtime]]
name = "gone"
command = "./gone"
args_constrained = []
[[runtime.screen]]
id = "prompt"
state = "idle"
region = "bottom:1"
regex = "^>"
"""
GONE = "#!/bin/sh\nprintf '> '; read -r words\n"
POLICY = '[permissions]\nallow = ["git status"]\n'
GUEST = '''
from tutti_core import Verdict, hookimpl

class Full:
    name = "full"

    def receive(self, event):
        raise OSError("the disk is full")

@hookimpl
def tutti_guard(action):
    """Mind what is sent."""
    text = action.data.get("text", "")
    for word, decision in (("careful", "warn"), ("forbidden", "refuse")):
        if word in text:
            return Verdict(decision, by="guest", rule=word, reason="mind it", remedy="do not")
    return None

@hookimpl
def tutti_sinks():
    """Fail at the first event."""
    return [Full()]
'''

TYPES: Mapping[str, type | tuple[type, ...]] = {
    "text": str,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}

pytestmark = pytest.mark.timeout(180)


class Day:
    """What was seen in one day of a team.

    Args:
        stage: Where it works.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.said: dict[str, Result] = {}
        self.codes: dict[int, set[str]] = {}
        self.modes: dict[str, str] = {}
        self.environ: dict[str, str] = {}
        self.options: dict[str, str] = {}
        self.records: dict[str, Any] = {}

    def tt(self, *words: str, name: str = "", stdin: str | None = None) -> Result:
        """Run `tt`, and keep what it said under a name and how it ended."""
        done = self.stage.tt(*words, stdin=stdin)
        self.codes.setdefault(done.exit_code, set()).add(words[0])
        self.said[name or f"tt {' '.join(words)}"] = done
        return done

    def go_by(self) -> None:
        """Let a team work, be prompted in every way there is, be looked at, and end."""
        self.tt("doctor", "--json")
        self.tt("up", "--json")
        self.stage.until(AGENT, "idle")
        self.tt("up", AGENT, "--json", name="up again")
        self.look()
        self.prompt()
        self.queue()
        self.wait()
        self.keep()
        self.tt("up", "--bogus")
        self.tt("diff", AGENT)
        self.interrupt()
        self.leave()
        self.tt("down", "--json")
        self.look_around()
        self.tt("down", AGENT, "--json", name="down again")
        self.tt("events", "--after-seq", "0", "--json", name="tt events --json")

    def look(self) -> None:
        """Ask for everything that can be seen."""
        for words in ("status", "voices", "health", "plugins"):
            self.tt(words, "--json")
        for word in ("peek", "logs", "detect"):
            self.tt(word, AGENT, "--json", name=f"tt {word} AGENT --json")
        state = self.stage.root / ".tutti" / "state"
        pid = json.loads((state / f"{AGENT}.json").read_text())["pid"]
        pairs = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
        self.environ = dict(pair.partition("=")[::2] for pair in pairs)
        socket = self.stage.env["TUTTI_TMUX_SOCKET"]
        show = ("tmux", "-L", socket, "show-options", "-qv", "-t", f"=tutti-garden-{AGENT}:")
        for name, _, _ in rows("## Sessions"):
            self.options[name] = self.stage.run(*show, name).well().stdout.rstrip("\n")

    def prompt(self) -> None:
        """Have a prompt taken, warned of, refused, held, and lost."""
        careful = "Be careful. [[think 0]]"
        self.tt("send", AGENT, "--json", "-", stdin=careful, name="tt send AGENT PROMPT --json")
        self.tt("send", AGENT, "This is forbidden.", "--json", name="Error")
        self.tt("send", "deaf", "Hello?")
        self.tt("send", "gone", "Hello?")
        self.tt("send", "gone", "Hello?")

    def queue(self) -> None:
        """Have prompts queued, taken back, delivered; and one that is at work stopped."""
        self.tt("send", AGENT, "[[hang]]")
        self.tt("send", AGENT, "Later.", "--json")
        (waits,) = self.tt("queue", "--json", name="tt queue --json").well().json()
        self.tt("queue", "cancel", str(waits["entry"]))
        self.tt("send", AGENT, "Now. [[think 0]]", "--interrupt", "--wait")
        self.tt("send", AGENT, "Then. [[think 0]]", "--queue", "--wait")

    def wait(self) -> None:
        """Wait for turns, each of which ends in another way."""
        for prompt in (
            "[[http 401]]",
            "[[say Well.]]",
            "[[limit 5pm]]",
            "[[http 500]]",
            "[[ask Which?|A|B]]",
        ):
            self.tt("send", "troubled", prompt, "--wait", "--json")
        self.tt("answer", "troubled", "always", "--json")
        self.tt("answer", "troubled", "b", "--json")
        self.tt("send", "mortal", "[[think 1]] [[exit 7]]", "--wait")
        self.tt("send", "mortal", "[[think 60]]", "--auto-up", "--wait", "--timeout-secs", "2")
        words = ("send", AGENT, "[[say Done.]]", "--output", "--json")
        self.tt(*words, name="tt send AGENT PROMPT --output --json")

    def keep(self) -> None:
        """Take down the files there are now."""
        root = self.stage.root
        self.look_around()
        state = root / ".tutti" / "state"
        lines = (state / "policy-decisions.jsonl").read_text().splitlines()
        self.records = {
            "<agent>.json": [json.loads((state / f"{AGENT}.json").read_text())],
            "policy-decisions.jsonl": [json.loads(line) for line in lines],
            "worktrees.json": [*json.loads((state / "worktrees.json").read_text()).values()],
        }

    def look_around(self) -> None:
        """Take down the names and modes of the files there are now."""
        root = self.stage.root
        for path in root.glob(".tutti/**/*"):
            self.modes[path.relative_to(root).as_posix()] = f"{path.stat().st_mode & 0o7777:04o}"

    def interrupt(self) -> None:
        """Press Ctrl+c while events are followed."""
        with self.popen(subprocess.PIPE, "events", "--follow", "--json") as running:
            assert running.stdout is not None
            running.stdout.readline()
            running.send_signal(signal.SIGINT)
            self.codes.setdefault(running.wait(60), set()).add("events")

    def leave(self) -> None:
        """Go away before anything was read."""
        reader, writer = os.pipe()
        os.close(reader)
        with self.popen(writer, "events", "--after-seq", "0", "--json") as running:
            os.close(writer)
            self.codes.setdefault(running.wait(60), set()).add("events")

    def popen(self, stdout: int, *words: str) -> subprocess.Popen[bytes]:
        """Start `tt` and go on."""
        argv = (sys.executable, "-m", "tutti_core", *words)
        env, root = self.stage.env, self.stage.root
        return subprocess.Popen(argv, stdout=stdout, env=env, cwd=root)

    def objects(self, name: str) -> list[Any]:
        """The objects of a shape, as they were really printed or written."""
        if name.startswith(".tutti/"):
            found: list[Any] = self.records[name.removeprefix(".tutti/state/")]
            return found
        if name == "Error":
            return [json.loads(self.said[name].badly().stderr)["error"]]
        text = self.said[name].stdout
        if name in ("tt events --json", "tt logs AGENT --json"):
            return [json.loads(line) for line in text.splitlines()]
        value = json.loads(text)
        return value if isinstance(value, list) else [value]

    @property
    def events(self) -> dict[str, list[dict[str, Any]]]:
        """The data of the events that happened, by name."""
        found: dict[str, list[dict[str, Any]]] = {}
        for one in self.objects("tt events --json"):
            found.setdefault(one["event"], []).append(one["data"])
        return found


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """One day of a team: one works, two have trouble, one takes no Enter, one leaves at a word."""
    folder = tmp_path_factory.mktemp("contract")
    sockets = Path(tempfile.mkdtemp(prefix="tt-"))
    home, guests = folder / "home", folder / "guests"
    home.mkdir()
    install(guests)
    stage = Stage(
        folder / "garden",
        home,
        environment(home, sockets, PYTHONPATH=str(guests), TUTTI_WATCHER="on"),
    ).repository()
    rules = (files("tutti_demo") / "rules.toml").read_text(encoding="utf-8")
    (stage.root / "rules.toml").write_text(rules)
    (stage.root / "gone").write_text(GONE)
    (stage.root / "gone").chmod(0o755)
    stage.team(TEAM).settings(POLICY)
    try:
        found = Day(stage)
        found.go_by()
        yield found
    finally:
        stage.close()
        shutil.rmtree(sockets, ignore_errors=True)


def install(folder: Path) -> None:
    """Put a plugin on the path as if it were installed."""
    info = folder / "tutti_guest-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tutti-guest\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tutti]\nguest = tutti_guest\n")
    (folder / "tutti_guest.py").write_text(GUEST)


Row = tuple[str, str, str]


def rows(heading: str) -> list[Row]:
    """The first three cells of each row of the table below a heading, the first without marks."""
    lines = [line for line in section(TEXT, heading).splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    return [(row[0].strip("`"), row[1], row[2] if len(row) > 2 else "") for row in cells]


def coded(text: str) -> list[str]:
    """The words that a cell marks as code."""
    return re.findall(r"`([^`]+)`", text)


def shapes() -> dict[str, list[Row]]:
    """The fields that are promised of each shape: name, type, meaning."""
    names = re.findall(r"^### (.+)$", section(TEXT, "## Shapes"), re.MULTILINE)
    return {name.strip("`"): rows(f"### {name}") for name in names}


def fits(value: Any, told: str) -> bool:
    """Whether a value is of a type that the page tells; a truth value is no number."""
    kinds = [TYPES[word] for word in told.split(" or ")]
    return (
        bool in kinds if isinstance(value, bool) else any(isinstance(value, one) for one in kinds)
    )


def wrong(fields: list[Row], objects: list[Any]) -> list[str]:
    """What of the promised fields is missing, or of another type than the page tells."""
    return [
        f"{field} is {one.get(field, 'missing')!r}, not {told}"
        for one in objects
        for field, told, _ in fields
        if field not in one or not fits(one[field], told)
    ]


def lacking(fields: list[Row], objects: list[Any]) -> list[str]:
    """What the objects inside lack of the fields that the page names first in their meaning."""
    return [
        f"{field}: {inner}"
        for field, told, meaning in fields
        for one in objects
        for part in (one[field] if isinstance(one[field], list) else [one[field]])
        if re.match("array|object", told) and isinstance(part, dict)
        for inner in coded(meaning.partition(";")[0])
        if inner not in part
    ]


@pytest.mark.parametrize("name", shapes())
def test_every_promised_field_is_there(name: str, day: Day) -> None:
    """Each field of each shape is printed or written, with a value of its type."""
    fields, objects = shapes()[name], day.objects(name)
    assert fields
    assert objects
    assert wrong(fields, objects) == []
    assert lacking(fields, objects) == []


def test_a_field_that_is_renamed_is_found() -> None:
    """One that is gone, and one of another type, are found, inside as well."""
    fields = [("ok", "boolean", "whether"), ("rows", "array", "each: `a`, `b`; `c` is a word")]
    good = {"ok": True, "rows": [{"a": 1, "b": 2}]}
    assert wrong(fields, [good]) + lacking(fields, [good]) == []
    assert wrong(fields, [{"ok": 1, "rows": []}]) == ["ok is 1, not boolean"]
    assert wrong(fields, [{"okay": True, "rows": []}]) == ["ok is 'missing', not boolean"]
    assert lacking(fields, [{"ok": True, "rows": [{"a": 1}]}]) == ["rows: b"]


def test_voices_are_the_status(day: Day) -> None:
    """`tt voices` prints the same fields as `tt status`."""
    one, other = day.objects("tt status --json"), day.objects("tt voices --json")
    assert [row.keys() for row in one] == [row.keys() for row in other]


def test_every_exit_code_is_seen(day: Day) -> None:
    """Each code of the page ended a command of the day, no other did; errors.md has the same."""
    codes = {int(code) for code, _, _ in rows("## Exit codes")}
    assert set(day.codes) == codes
    other = (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    below = section(other, "## Exit codes")
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", below, re.MULTILINE)} == codes


def test_errors_have_a_category_of_the_page(day: Day) -> None:
    """The categories of the page are those that errors have."""
    from tutti_core.errors import TuttiError

    (row,) = [one for one in shapes()["Error"] if one[0] == "category"]
    kinds = {one.category for one in TuttiError.__subclasses__()} | {*CATEGORIES.values()}
    assert set(coded(row[2])) == kinds
    assert day.objects("Error")[0]["category"] in kinds


def test_every_file_is_there_with_its_mode(day: Day) -> None:
    """Each file of the page is there after a real day, open to nobody else."""
    for path, mode, _ in rows("## Files"):
        name = path.replace("<agent>", AGENT).rstrip("/")
        assert day.modes.get(name) == mode, path
    private = {
        path: mode
        for path, mode in day.modes.items()
        if not path.startswith(".tutti/worktrees/") and mode not in ("0600", "0700")
    }
    assert private == {}


RARE = frozenset(
    (
        *("agent.context", "agent.stalled", "service.failed", "sink.dropped"),
        *("agent.reclaimed", "agent.reclaim_failed"),
        *("hook.started", "hook.completed", "hook.failed", "hook.suppressed"),
        *("schedule.fired", "schedule.skipped", "schedule.failed"),
    )
)
"""Events that need another day: a full context, a long one, a broken or slow plugin, a workflow."""


def test_every_event_happens_with_its_data(day: Day) -> None:
    """Each event of the page happened in the day with the fields it is told to have."""
    told = {name: set(coded(fields)) for name, fields, _ in rows("## Events")}
    assert told.keys() - RARE == day.events.keys()
    for name, fields in told.items():
        if name in RARE:
            continue
        for data in day.events[name]:
            assert fields <= data.keys(), name


def test_no_event_is_kept_from_the_page(sources: list[Path]) -> None:
    """What the code can emit stands on the page, and on that of the events."""
    code = "\n".join(file.read_text(encoding="utf-8") for file in sources)
    emitted = set(re.findall(r"""emit\(\s*f?"([^"]+)\"""", code))
    told = {name for name, _, _ in rows("## Events")}
    assert {name for name in emitted if "{" not in name} <= told
    families = {name.partition("{")[0] for name in emitted if "{" in name}
    assert {name.partition(".")[0] + "." for name in told} >= families
    other = (ROOT / "docs" / "reference" / "events.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+\.\w+)` \|", other, re.MULTILINE)) == told


def test_cursors_are_what_they_are_told_to_be(day: Day) -> None:
    """Numbers have no gap, times increase, and either begins behind the line it names."""
    events = day.objects("tt events --json")
    assert [one["seq"] for one in events] == list(range(1, len(events) + 1))
    times = [one["timestamp"] for one in events]
    assert times == sorted(set(times))
    assert all(re.fullmatch(r"[-\d]{10}T[:\d]{8}\.\d{6}Z", one) for one in times)
    middle = events[len(events) // 2]
    for option, cursor in (("--after-seq", str(middle["seq"])), ("--since", middle["timestamp"])):
        lines = day.stage.tt("events", "--json", option, cursor).well().stdout.splitlines()
        assert json.loads(lines[0])["seq"] == middle["seq"] + 1
        assert len(lines) == len(events) - middle["seq"]


def test_the_agent_is_told_where_it_is(day: Day) -> None:
    """Each variable of the page is set in the agent's own process."""
    values = {"TUTTI_ROOT": str(day.stage.root), "TUTTI_AGENT": AGENT, "TUTTI_WORKSPACE": "garden"}
    assert {name for name, _, _ in rows("## In an agent's pane")} == values.keys()
    assert {name: day.environ.get(name) for name in values} == values


def test_the_session_is_marked(day: Day) -> None:
    """Each option of the page is set on the agent's session."""
    assert day.options == {
        "@tutti_root": str(day.stage.root),
        "@tutti_agent": AGENT,
        "@tutti_workspace": "garden",
        "@tutti_runtime": "demo",
        "@tutti_profile": "",
    }


def test_words_of_the_contract_are_those_of_the_code() -> None:
    """The words that a state is told in are the ones the code has."""
    fields = {name: coded(meaning) for name, _, meaning in shapes()["tt status --json"]}
    readings = [Reading(state) for state in STATES]
    assert set(fields["activity_state"]) == {one.activity_state for one in readings}
    assert set(fields["auth_state"]) == {one.auth_state for one in readings}
    assert {one.strip(": ") for one in fields["status"]} == {one.status for one in readings}
    outcomes = {
        name: coded(meaning) for name, _, meaning in shapes()["tt send AGENT PROMPT --json"]
    }
    assert set(outcomes["outcome"]) == set(EXIT_CODES)


def test_what_can_be_done_twice_is_done_once(day: Day) -> None:
    """Starting who runs and ending who does not are told as such, and are no failures."""
    (started,) = day.objects("up again")[0]["results"]
    (ended,) = day.objects("down again")[0]["results"]
    assert (started["outcome"], started["ok"]) == ("running", True)
    assert (ended["outcome"], ended["ok"]) == ("not running", True)
    name = f"tutti-garden-{AGENT}"
    assert len([one for one in day.events["agent.started"] if one["session_name"] == name]) == 1


def test_what_is_to_come_is_not_there() -> None:
    """No command and no event of the last section is there; once it is, its row is to move up."""
    given = {command.name for _, command in Plugins.installed().commands()}
    happen = {name for name, _, _ in rows("## Events")}
    for what, _, _ in rows("## Not there yet"):
        words = set(re.findall(r"tt ([a-z-]+)", what.partition("until then")[0]))
        assert words & given == set()
        assert set(coded(what)) & happen == set()
