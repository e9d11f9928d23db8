"""Several workspaces: found by their paths, started, looked at and ended together."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tutti_testing import Stage, wait_for
from tutti_testing.stage import carrying

TEAM = """
[workspace]
name = "{name}"
[defaults]
runtime = "demo"
[launch]
mode = "unattended"
policy = "bypass"
"""
AGENT = '[[agent]]\nname = "{name}"\n'
HELD = """
[[runtime]]
name = "held"
command = "sh"
args_bypass = ["-c", "until [ -e '{gate}' ]; do sleep 0.1; done; echo ready; sleep 600"]
[[runtime.screen]]
id = "ready"
state = "idle"
regex = "ready"
"""


def team(name: str, *agents: str) -> str:
    """A team of the demo's agents."""
    return TEAM.format(name=name) + "".join(AGENT.format(name=one) for one in agents)


def beside(workspace: Stage, folder: str) -> Stage:
    """Another repository of the same person."""
    return Stage(workspace.root.parent / folder, workspace.home, workspace.env).repository()


@pytest.fixture
def other(workspace: Stage) -> Iterator[Stage]:
    """A second repository beside the first; whatever was started in it is ended afterwards."""
    stage = beside(workspace, "other")
    yield stage
    stage.tt("down", "--grace", "1")


def of(done: dict[str, Any], path: Path) -> dict[str, Any]:
    """The entry of one workspace."""
    (found,) = [one for one in done["workspaces"] if one["path"] == str(path)]
    return dict(found)


def registry(workspace: Stage) -> list[dict[str, Any]]:
    """What `tt workspaces` lists, from a folder that is in none."""
    return list(workspace.tt("workspaces", "--json", cwd=workspace.home).well().json())


def test_two_checkouts_of_one_name_never_mix(workspace: Stage, other: Stage) -> None:
    """Both are up at once under one name: each command reaches the one it was given."""
    for one in (workspace, other):
        one.team(team("shop", "api")).tt("up").well()
    rows = registry(workspace)
    assert [(one["name"], one["path"], one["agents"], one["ok"]) for one in rows] == [
        ("shop", str(workspace.root), 1, True),
        ("shop", str(other.root), 1, True),
    ]
    told = workspace.tt("status", "-w", "shop", cwd=workspace.home).badly().stderr
    assert str(workspace.root) in told
    assert str(other.root) in told
    assert "name of several" in workspace.tt("send", "shop/api", "x", cwd=workspace.home).stderr

    words = ("send", "api", "[[write mine.txt x]]", "-w", str(other.root), "--wait")
    workspace.tt(*words, cwd=workspace.home).well()
    assert (other.tree("api") / "mine.txt").exists()
    assert not (workspace.tree("api") / "mine.txt").exists()

    sessions = [one.status()["api"]["session"] for one in (workspace, other)]
    assert len(set(sessions)) == 2
    other.tt("down").well()
    assert carrying(workspace.root)
    assert not carrying(other.root)
    assert workspace.status()["api"]["running"]
    assert not other.status()["api"]["running"]


def test_everything_is_done_everywhere_and_no_failure_hides_another(
    workspace: Stage, other: Stage
) -> None:
    """A broken, a vanished and a nonsensical entry are named; the others are up, seen and ended."""
    broken, gone = beside(workspace, "broken"), beside(workspace, "gone")
    for stage, name in ((workspace, "one"), (other, "two"), (broken, "bad"), (gone, "away")):
        stage.team(team(name, "api")).tt("workspaces", "add").well()
    broken.team("[workspace\n")
    gone.root.rename(gone.root.with_name("elsewhere"))
    home = workspace.home

    done = workspace.tt("up", "--all", "--json", cwd=home).badly().json()
    assert done["ok"] is False
    for stage in (workspace, other):
        entry = of(done, stage.root)
        assert (entry["ok"], entry["error"]) == (True, None)
        assert [one["outcome"] for one in entry["results"]] == ["launched"]
    assert "is not TOML" in of(done, broken.root)["error"]["message"]
    assert of(done, gone.root)["error"]["hint"] == "tt workspaces prune"

    seen = workspace.tt("status", "--all", "--json", cwd=home).badly().json()
    assert [one["ok"] for one in seen["workspaces"]] == [True, True, False, False]
    assert [one["voices"][0]["running"] for one in seen["workspaces"] if one["ok"]] == [True, True]
    shown = workspace.tt("status", "--all", cwd=home).badly()
    assert "one  1 " in shown.stdout
    assert "error[config]: bad: tutti.toml:1" in shown.stderr
    assert "error[config]: away: there is no" in shown.stderr

    records = workspace.tt("health", "--all", "--json", cwd=home).badly()
    assert [(one["workspace"], one["root"]) for one in records.json()] == [
        ("one", str(workspace.root)),
        ("two", str(other.root)),
    ]
    assert "bad" in workspace.tt("health", "--all", cwd=home).badly().stderr

    counts = workspace.tt("workspaces", "status", "--json", cwd=home).well().json()
    assert [(one["running"], one["agents"]) for one in counts] == [
        (1, 1),
        (1, 1),
        (0, None),
        (0, None),
    ]
    ended = workspace.tt("down", "--all", cwd=home).badly()
    assert "one: Stopped 1 agent(s)." in ended.stdout
    assert "two: Stopped 1 agent(s)." in ended.stdout
    assert not carrying(workspace.root)
    assert not carrying(other.root)
    pruned = workspace.tt("workspaces", "prune", cwd=home).well()
    assert "Removed away: there is no" in pruned.stdout
    assert [one["name"] for one in registry(workspace)] == ["one", "two", "bad"]


def test_what_runs_in_a_broken_workspace_is_ended_with_the_others(
    workspace: Stage, other: Stage
) -> None:
    """Neither a file that cannot be read nor a folder that is gone keeps an agent alive."""
    for stage, name in ((workspace, "one"), (other, "two")):
        stage.team(team(name, "api").replace("[[agent]]", "[[agent]]\nworktree = false"))
        stage.tt("up").well()
    workspace.team("[workspace\n")
    moved = other.root.rename(other.root.with_name("moved"))
    kept = workspace.tt("workspaces", "prune", cwd=workspace.home).well()
    assert "Kept two" in kept.stdout
    assert "agents still run there (api)" in kept.stdout
    seen = workspace.tt("status", "--all", "--json", cwd=workspace.home).badly().json()
    assert [one["voices"][0]["running"] for one in seen["workspaces"]] == [True, True]
    assert all(one["error"] for one in seen["workspaces"])
    records = workspace.tt("health", "--all", "--json", cwd=workspace.home).badly().json()
    assert [one["running"] for one in records] == [True, True]
    done = workspace.tt("down", "--all", "--json", cwd=workspace.home).well().json()
    assert [one["results"][0]["outcome"] for one in done["workspaces"]] == ["stopped", "stopped"]
    assert not carrying(workspace.root)
    assert not carrying(other.root)
    assert not other.root.exists()
    moved.rename(other.root)


def test_up_registers_what_was_cloned(workspace: Stage) -> None:
    """Whoever clones a project with a team and starts it finds it from anywhere, told once."""
    workspace.team(team("cloned", "api"))
    assert "Registered workspace 'cloned'" in workspace.tt("up").well().stderr
    assert "Registered" not in workspace.tt("up").well().stderr
    assert [one["path"] for one in registry(workspace)] == [str(workspace.root)]
    rows = workspace.tt("status", "-w", "cloned", "--json", cwd=workspace.home).well().json()
    assert rows[0]["running"]


def test_a_registry_that_cannot_be_written_keeps_no_agent_down(workspace: Stage) -> None:
    """A start is worth more than an entry: the reason is a warning."""
    workspace.settings("")
    folder = workspace.home / ".config" / "tutti"
    (folder / ".config.toml.lock").mkdir()
    workspace.team(team("w", "api"))
    done = workspace.tt("up", "--json").well().json()
    assert done["registered"] is False
    assert "it could not be registered" in done["warnings"][0]


def test_a_workspace_is_added_by_any_way_to_it(workspace: Stage, other: Stage) -> None:
    """Relative, through a link, from below, by its file: one place is one entry."""
    workspace.team(team("w", "api"))
    link = workspace.home / "link"
    link.symlink_to(workspace.root)
    (workspace.root / "deep").mkdir()
    first = workspace.tt("workspaces", "add", "../project", "--json").well().json()
    assert first == {"name": "w", "path": str(workspace.root), "added": True, "also": []}
    for word in (str(link), "deep", "tutti.toml", "."):
        again = workspace.tt("workspaces", "add", word, "--json").well().json()
        assert again == {**first, "added": False}
    assert len(registry(workspace)) == 1
    other.team(team("w", "api"))
    clash = other.tt("workspaces", "add").well()
    assert str(workspace.root) in clash.stderr
    nothing = workspace.tt("workspaces", "add", str(workspace.home)).badly()
    assert "no tutti.toml" in nothing.stderr


def test_removing_deletes_nothing_and_says_who_still_runs(workspace: Stage, other: Stage) -> None:
    """The registry loses an entry, and the user no file and no agent."""
    for stage in (workspace, other):
        stage.team(team("w", "api"))
        stage.tt("workspaces", "add").well()
    workspace.tt("up").well()
    refused = workspace.tt("workspaces", "remove", "w").badly()
    assert str(workspace.root) in refused.stderr
    assert str(other.root) in refused.stderr
    assert len(registry(workspace)) == 2
    told = workspace.tt("workspaces", "remove", str(workspace.root), cwd=workspace.home).well()
    assert "still running there: api" in told.stderr
    assert workspace.status()["api"]["running"]
    assert (workspace.root / "tutti.toml").exists()
    assert [one["path"] for one in registry(workspace)] == [str(other.root)]
    assert "no workspace 'x' is" in workspace.tt("workspaces", "remove", "x").badly().stderr


GARBAGE = """
# mine
[[registered_workspace]]
name = "good"
path = "{root}"

# of nothing
[[registered_workspace]]
path = 3

[[registered_workspace]]
name = "relative"
path = "over/there"

[[registered_workspace]] # twice
name = "good"
path = "{root}/."
"""


def test_a_registry_with_garbage_is_told_of(workspace: Stage) -> None:
    """Each entry that leads nowhere is named with its line; the ones that do lead on."""
    workspace.team(team("good", "api"))
    workspace.settings(GARBAGE.format(root=workspace.root))
    rows = registry(workspace)
    assert [one["name"] for one in rows] == ["good", "entry 2", "relative"]
    assert "config.toml:8" in rows[1]["hint"]
    assert "is not absolute" in rows[2]["problem"]
    dry = workspace.tt("workspaces", "prune", "--dry-run", "--json").well().json()
    assert [one["reason"] for one in dry["results"]] == ["it is registered twice"]
    workspace.tt("workspaces", "remove", "relative").well()
    workspace.tt("workspaces", "prune").well()
    text = (workspace.home / ".config/tutti/config.toml").read_text()
    assert "# mine" in text
    assert "# of nothing" in text
    assert text.count("[[registered_workspace]]") == 2


def test_all_is_refused_with_a_name(workspace: Stage) -> None:
    """What cannot be meant is not guessed."""
    for word in ("up", "down", "health"):
        told = workspace.tt(word, "api", "--all").badly(2).stderr
        assert "api was named" in told
        assert "-w x is one" in workspace.tt(word, "--all", "-w", "x").badly(2).stderr
    assert "-w x is one" in workspace.tt("status", "--all", "-w", "x").badly(2).stderr


@pytest.mark.parametrize("word", ["up", "down", "status", "health", "workspaces"])
def test_without_workspaces_there_is_nothing_to_do(workspace: Stage, word: str) -> None:
    """An empty registry is no failure, and the next step is named."""
    words = [word] if word == "workspaces" else [word, "--all"]
    assert "tt workspaces add" in workspace.tt(*words).well().stdout


def test_workspaces_are_completed(workspace: Stage, other: Stage) -> None:
    """A name where it is enough, a path where it is not."""
    for stage, name in ((workspace, "shop"), (other, "shed")):
        stage.team(team(name, "api")).tt("workspaces", "add").well()

    def completed(words: str) -> list[str]:
        env = {"_TT_COMPLETE": "bash_complete", "COMP_WORDS": words}
        env["COMP_CWORD"] = str(words.count(" "))
        return workspace.run("tt", env=env).stdout.split()

    tt = Path(sys.executable).with_name("tt")
    workspace.env["PATH"] = f"{tt.parent}:{workspace.env['PATH']}"
    assert completed("tt status -w sh") == ["plain,shop", "plain,shed"]
    other.team(team("shop", "api")).tt("workspaces", "add").well()
    both = [f"plain,{workspace.root}", f"plain,{other.root}"]
    assert completed("tt status -w sh") == both


def test_two_add_at_once(workspace: Stage) -> None:
    """Neither entry is lost."""
    stages = [beside(workspace, f"project-{number}") for number in range(4)]
    for stage in stages:
        stage.team(team("same", "api"))
    argv = [sys.executable, "-m", "tutti_core", "workspaces", "add"]
    several = [
        subprocess.Popen(
            argv, cwd=one.root, env=one.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        for one in stages
    ]
    for one in several:
        _, told = one.communicate(timeout=60)
        assert one.returncode == 0, told
    assert {one["path"] for one in registry(workspace)} == {str(one.root) for one in stages}


QUICK = """
import sys
from tutti_core.cli.quick import quick
code = quick(["status", "--all", "--json"])
heavy = "attr cattrs pluggy structlog libtmux tomlkit click asyncio importlib.metadata".split()
print(code, *[name for name in heavy if name in sys.modules], file=sys.stderr)
"""


def test_looking_everywhere_is_quick(workspace: Stage) -> None:
    """Nothing heavy is imported to look at teams that were looked at before."""
    workspace.team(team("w", "api")).tt("up").well()
    # What is kept is kept for one search path, and this one is not the other commands'.
    workspace.run(sys.executable, "-c", QUICK).well()
    done = workspace.run(sys.executable, "-c", QUICK).well()
    assert done.stderr.split() == ["0"]


def test_nobody_else_is_begun_with_after_ctrl_c(workspace: Stage, other: Stage) -> None:
    """Whoever is being started is started whole; what was not begun with is not there."""
    chain = AGENT.format(name="first") + 'runtime = "held"\n'
    chain += AGENT.format(name="second") + 'depends_on = ["first"]\n'
    gate = workspace.home / "gate"
    chain += HELD.format(gate=gate)
    for stage, name in ((workspace, "one"), (other, "two")):
        stage.team(TEAM.format(name=name) + chain).tt("workspaces", "add").well()
    argv = [sys.executable, "-m", "tutti_core", "up", "--all"]
    raising = subprocess.Popen(
        argv, cwd=workspace.home, env=workspace.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert wait_for(lambda: bool(carrying(workspace.root, ["first"])))
    raising.send_signal(signal.SIGINT)
    raising.communicate(timeout=120)
    assert raising.returncode == 130
    assert workspace.status()["first"]["running"]
    assert not carrying(workspace.root, ["second"])
    gate.touch()
    workspace.tt("up").well()
