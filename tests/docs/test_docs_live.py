"""What the pages show happens: the tutorial is played, JSON is printed and compared."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pages import Block, blocks, section
from playing import Player, alike

from tutti_testing import Stage

ROOT = Path(__file__).parents[2]
CLI = ROOT / "docs" / "reference" / "cli.md"
ERRORS = ROOT / "docs" / "reference" / "errors.md"
POLICY = ROOT / "docs" / "explanation" / "policy.md"
TUTORIAL = ROOT / "docs" / "tutorial" / "first-team.md"
TEAM = next(block.text for block in blocks(TUTORIAL) if block.label == "tutti.toml")

Page = Callable[[str], str]


def printed(page: Path) -> list[Block]:
    """The JSON examples of a page."""
    return [block for block in blocks(page) if block.language == "json"]


def differs(shown: Any, real: Any, where: str = "") -> Iterator[str]:
    """Where a real value has another shape than an example: other keys, or another type."""
    if isinstance(shown, dict) and isinstance(real, dict):
        for key in {*shown, *real} - ({"data"} if where == "" else set()):
            if key in shown and key in real:
                yield from differs(shown[key], real[key], f"{where}.{key}")
            else:
                yield f"{where}.{key} is only {'shown' if key in shown else 'printed'}"
    elif isinstance(shown, list) and isinstance(real, list):
        for one in real if shown else ():
            yield from differs(shown[0], one, f"{where}[]")
    elif not alike_types(shown, real):
        yield f"{where} is {real!r}, shown as {shown!r}"


def alike_types(shown: Any, real: Any) -> bool:
    """Whether two plain values are of one type; nothing fits everything."""
    number = (int, float)
    both_numbers = isinstance(shown, number) and isinstance(real, number)
    return None in (shown, real) or both_numbers or type(shown) is type(real)


@pytest.fixture
def garden(workspace: Stage) -> Stage:
    """The team of the tutorial, not started, in a folder called garden."""
    workspace.root = workspace.root.rename(workspace.root.with_name("garden"))
    workspace.tt("init", "--runtime", "demo").well()
    return workspace.team(TEAM)


@pytest.mark.timeout(240)
def test_the_tutorial_goes_as_it_says(workspace: Stage) -> None:
    """Each command of the tutorial answers what the tutorial shows, to the last one."""
    player = Player(workspace)
    assert player.play(TUTORIAL) == []
    assert player.cwd == workspace.home / "garden"


@pytest.mark.timeout(300)
def test_every_json_example_has_the_shape_that_is_printed(garden: Stage) -> None:
    """Each `--json` example has exactly the keys, and the types, that the command prints."""
    (garden.root / "tutti.toml").unlink()
    wrong = []
    for block in sorted(printed(CLI), key=lambda one: " down " in f"{one.label} "):
        words = shlex.split(block.label)
        if words[1] == "up":
            garden.team(TEAM)
        if words[1] in {"send", "peek", "detect", "trust"}:
            garden.until("planter", "idle")
        if words[1] == "queue":
            garden.tt("send", "planter", "Then the beans.", "--queue").well()
        if words[1] == "wait":
            # Nobody watches here, so that nobody would type what is queued.
            garden.tt("queue", "cancel", "--all").well()
        if words[1] == "answer":
            garden.tt("send", "planter", "[[ask Which colour?|Red|Blue]]").well()
            garden.until("planter", "waiting")
        # It has nobody to trust here: that is refused, in the same shape.
        done = garden.tt(*words[1:])
        said = (done.badly() if words[1] == "trust" else done.well()).stdout
        real = json.loads(said.splitlines()[0] if words[1] in {"events", "logs"} else said)
        wrong += [f"{block.label}: {one}" for one in differs(json.loads(block.text), real)]
        if words[1] == "up":
            garden.until("planter", "idle")
    assert wrong == []


def test_every_command_with_json_shows_it() -> None:
    """A command that takes `--json` has an example of what it prints, or the page that says it."""
    text = CLI.read_text(encoding="utf-8")
    takes = {
        name
        for name in re.findall(r"^## `tt (\w+)`$", text, re.MULTILINE)
        if "| `--json` |" in section(text, f"## `tt {name}`")
        and "(workflows.md" not in section(text, f"## `tt {name}`")
    }
    assert takes == {block.label.split()[1] for block in printed(CLI)}


def test_errors_are_told_as_shown(garden: Stage) -> None:
    """An expected error is printed, and as JSON, as the page of errors shows."""
    (line,) = [block for block in blocks(ERRORS) if block.language == "console"]
    player = Player(garden)
    player.cwd = garden.root
    player.take(line)
    assert player.surprises == []
    error, problems = [json.loads(block.text) for block in printed(ERRORS)]
    assert json.loads(garden.tt("send", "nobody", "Hello", "--json").badly().stderr) == error
    garden.team(
        '[workspace]\nname = "garden"\n\n[defaults]\nruntme = "demo"\n[[agent]]\nname = "a"'
    )
    real = json.loads(garden.tt("status", "--json").badly().stderr)
    assert real["error"].pop("problems")[:1] == problems["error"].pop("problems")
    assert real == problems


def test_a_launch_without_a_policy_is_refused_as_shown(garden: Stage) -> None:
    """The page of policies shows what is said when there is no policy."""
    garden.settings(f'[[registered_workspace]]\nname = "garden"\npath = "{garden.root}"\n')
    player = Player(garden)
    player.cwd = garden.root
    for block in blocks(POLICY):
        if block.language == "console":
            player.take(block)
    assert player.surprises == []
    assert player.code == 1


@pytest.mark.timeout(300)
def test_every_file_that_a_team_leaves_is_listed(garden: Stage, page: Page) -> None:
    """Whatever is found after a day of work is a file of the page of files."""
    garden.tt("up").well()
    garden.until("planter", "idle")
    garden.tt("send", "checker", "Go on.").well()
    garden.tt("status").well()
    garden.tt("down", "--clean").well()
    home, root = garden.home, garden.root
    found = {path.relative_to(root).as_posix() for path in (root / ".tutti").rglob("*")}
    ours = [*home.glob(".config/tutti/**/*"), *home.glob(".cache/tutti/**/*")]
    found |= {f"~/{path.relative_to(home).as_posix()}" for path in ours}
    found |= {f".git/{path.name}" for path in (root / ".git").glob("tutti*")}
    assert {".tutti/state/events.jsonl", "~/.config/tutti/config.toml"} <= found
    known = [*patterns(page("reference/files.md"))]
    assert {path for path in found if not listed(path, known)} == set()


def listed(path: str, known: list[re.Pattern[str]]) -> bool:
    """Whether a path has a row, or is the lock beside a file that has one."""
    names = {path} if "/locks/" in path else {path, path.removesuffix(".lock")}
    return any(one.match(name) for one in known for name in names)


def patterns(text: str) -> Iterator[re.Pattern[str]]:
    """The paths of the page of files, as patterns of whole paths or of the folders above them."""
    rows = re.findall(r"^\| (`[^|]*) \|", text, re.MULTILINE)
    for path in (path for row in rows for path in re.findall(r"`([^`]+)`", row)):
        steps = [re.sub(r"\\?<[^>]+>", "[^/]+", re.escape(step)) for step in path.split("/")]
        for count in range(1, len(steps) + 1):
            yield re.compile("/".join(steps[:count]) + "$")


def test_a_page_that_shows_something_else_is_found() -> None:
    """Another word, a missing line and one too many are found; numbers and times may differ."""
    shown = ["garden  1 working, 1 idle", "", "planter  idle  10s", "…", "→ tt up"]
    assert alike(shown, "garden  2 idle\n\nplanter   working  2s\nmore\nand more\n→ tt up\n")
    assert not alike(shown, "garden  2 idle\n\nplanter  stopped  2s\n→ tt up\n")
    assert not alike(shown, "garden  2 idle\n\nplanter  idle  2s\n→ tt up\nmore\n")
    assert not alike(shown, "garden  2 idle\nplanter  idle  2s\n→ tt up\n")
    assert [*differs({"a": 1, "b": [{"c": "x"}]}, {"a": "1", "b": [{"d": "x"}]})] != []
    assert [*differs({"a": 1, "b": [{"c": "x"}]}, {"a": 2.5, "b": [{"c": None}]})] == []
