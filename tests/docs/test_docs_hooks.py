"""When hooks are called is when the page says: a plugin that implements all of them takes notes."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import NamedTuple

import pytest
from pages import section

from tutti_core import hookspecs
from tutti_testing import Stage

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "hooks.md"
HOOKS = [name for name, _ in inspect.getmembers(hookspecs, inspect.isfunction) if "tutti_" in name]
ANSWERS = {
    "tutti_prepare_launch",
    "tutti_ready_tree",
    "tutti_leave_tree",
    "tutti_guard",
    "tutti_launch_failed",
}
TEAM = """
[[runtime]]
name = "short"
command = "false"
[[runtime.screen]]
id = "prompt"
state = "idle"
region = "bottom:1"
regex = "^>"
[[agent]]
name = "short"
runtime = "short"
"""
BEGIN = """
import os
from tutti_core import hookimpl

def note(hook):
    with open(os.environ["NOTES"], "a") as notes:
        print(hook, file=notes)
"""
HOOK = """
@hookimpl
def {name}():
    note("{name}")
    return {answer}
"""


class Told(NamedTuple):
    """What the page says of one hook.

    Attributes:
        always: The commands that call it.
        changed: The commands that call it once something has changed.
    """

    always: set[str]
    changed: set[str]


def told() -> dict[str, Told]:
    """What the page says of each hook."""
    below = section(PAGE.read_text(encoding="utf-8"), "## What calls them")
    rows = re.findall(r"^\| `(tutti_\w+)` \| (.*) \|$", below, re.MULTILINE)
    return {
        name: Told(*(set(re.findall(r"`tt (\w+)`", part)) for part in cell.partition(";")[::2]))
        for name, cell in rows
    }


@pytest.fixture
def notes(workspace: Stage, tmp_path: Path) -> Path:
    """The notes of a plugin that is installed and implements every hook."""
    folder = tmp_path / "guests"
    info = folder / "tutti_guest-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tutti-guest\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tutti]\nguest = tutti_guest\n")
    hooks = [HOOK.format(name=name, answer=None if name in ANSWERS else ()) for name in HOOKS]
    (folder / "tutti_guest.py").write_text(BEGIN + "".join(hooks))
    workspace.env |= {"PYTHONPATH": str(folder), "NOTES": str(tmp_path / "notes")}
    return tmp_path / "notes"


def test_every_hook_has_its_row() -> None:
    """The table has the hooks that there are, and no others."""
    assert sorted(told()) == sorted(HOOKS)


@pytest.mark.timeout(120)
def test_each_command_calls_what_the_page_says(workspace: Stage, notes: Path) -> None:
    """Each command calls exactly the hooks that the page says it calls."""
    heard = {}

    def hear(name: str, *words: str) -> None:
        notes.write_text("")
        workspace.tt(name, *words)
        heard[name] = set(notes.read_text().split()) - {"tutti_commands"}

    workspace.settings('[permissions]\nallow = ["git status"]\n')
    hear("init", "--runtime", "demo")
    team = workspace.root / "tutti.toml"
    team.write_text(team.read_text() + TEAM)
    for name in ("status", "doctor"):
        hear(name)
    hear("up", "--mode", "safe")
    workspace.until("builder", "idle")
    hear("send", "builder", "Hello. [[think 0]]")
    for words in (["health"], ["peek", "builder"], ["events"], ["down"]):
        hear(*words)
    page = told()
    assert heard == {
        name: {hook for hook in HOOKS if name in page[hook].always | page[hook].changed}
        for name in heard
    }


def test_a_plugin_is_asked_for_its_commands_once_it_has_changed(
    workspace: Stage, notes: Path
) -> None:
    """What commands there are is asked once and kept, until a plugin is another one."""
    workspace.tt("plugins").well()
    assert "tutti_commands" in notes.read_text()
    workspace.tt("plugins").well()
    notes.write_text("")
    workspace.tt("plugins").well()
    assert notes.read_text() == ""
