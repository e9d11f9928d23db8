"""Profiles: whose subscription an agent runs on, how many may, and what the CLI is given."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tutti_testing import Stage
from tutti_testing.stage import carrying

PYTHON = f"{sys.executable} -I -m tutti_demo.agent"
TEAM = """[workspace]
name = "{name}"
[workspace.auth]
default_profile = "mine"
[defaults]
runtime = "demo"
[launch]
mode = "safe"
"""
PROFILE = """[[profile]]
name = "mine"
provider = "nobody"
command = '{command}'
"""


def agents(*names: str) -> str:
    """Return tables for agents of these names."""
    return "".join(f'[[agent]]\nname = "{name}"\n' for name in names)


def test_the_command_is_words_and_never_a_shells(workspace: Stage) -> None:
    """Quotes group words, blanks in paths stay, and `$( )` is nobody's command."""
    folder = workspace.home / "my tools"
    folder.mkdir()
    wrapper = folder / Path(sys.executable).name
    wrapper.write_text(f'#!/bin/sh\nprintf "%s|" "$@" > "{folder}/argv"\nexec {PYTHON} "$@"\n')
    wrapper.chmod(0o755)
    command = f'"{wrapper}" --speed 2 --name "a b; touch {folder}/oops $(id)"'
    workspace.settings(PROFILE.format(command=command)).team(
        TEAM.format(name="words") + agents("one")
    )
    workspace.tt("up").well()
    words = (folder / "argv").read_text().split("|")
    assert words[:4] == ["--speed", "2", "--name", f"a b; touch {folder}/oops $(id)"]
    assert not (folder / "oops").exists()


def test_a_profile_has_variables_of_its_own(workspace: Stage) -> None:
    """They make one account differ from another of the same CLI; the agent's own are stronger."""
    profile = PROFILE.format(command=PYTHON) + 'env = { ACCOUNT = "mine", WHO = "profile" }\n'
    workspace.settings(profile).team(
        TEAM.format(name="env").replace('"safe"', '"unattended"\npolicy = "bypass"')
        + agents("one")
        + 'env = { WHO = "agent" }\n'
    )
    workspace.tt("up").well()
    workspace.tt("send", "one", "[[bash echo $ACCOUNT $WHO > said.txt]]").well()
    workspace.until("one", "idle")
    assert (workspace.tree("one") / "said.txt").read_text() == "mine agent\n"


def test_two_processes_share_one_limit(workspace: Stage, tmp_path: Path) -> None:
    """Two workspaces that start at the same moment get no more places than there are."""
    profile = PROFILE.format(command=PYTHON) + "max_concurrent = 3\n"
    workspace.settings(profile).team(TEAM.format(name="here") + agents("a", "b", "c"))
    other = Stage(tmp_path / "other", workspace.home, workspace.env).repository()
    other.team(TEAM.format(name="there") + agents("a", "b", "c"))
    argv = [sys.executable, "-m", "tutti_core", "up", "--no-wait"]
    both = [
        subprocess.Popen(
            argv, cwd=one.root, env=one.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for one in (workspace, other)
    ]
    try:
        said = [one.communicate(timeout=120)[1].decode() for one in both]
        running = [row["running"] for one in (workspace, other) for row in one.status().values()]
        assert running.count(True) == 3
        assert 1 in [one.returncode for one in both]
        assert "profile 'mine' allows 3 agents at once, and there are 3" in "".join(said)
        workspace.tt("down").well()
        other.tt("down").well()
        workspace.tt("up", "--no-wait").well()
    finally:
        other.tt("down", "--grace", "1")
    assert carrying(other.root) == []


def test_an_agent_on_another_account_is_told(workspace: Stage) -> None:
    """A profile that is for another CLI is not passed over in silence."""
    workspace.settings(PROFILE.format(command="codex")).team(
        TEAM.format(name="other") + agents("one")
    )
    told = workspace.tt("up").well().stderr
    assert "profile 'mine' runs 'codex', so one run on their CLI's own login" in told


def test_secrets_are_printed_by_nothing(workspace: Stage) -> None:
    """Variables of the workspace, of a profile and of an agent reach the agent and nobody else."""
    profile = PROFILE.format(command=PYTHON) + 'env = { KEY_OF_PROFILE = "sesame-1" }\n'
    workspace.settings(profile).team(
        TEAM.format(name="secret").replace(
            "[workspace.auth]", '[workspace.env]\nKEY_OF_ALL = "sesame-2"\n[workspace.auth]'
        )
        + agents("one")
        + 'env = { KEY_OF_ONE = "sesame-3" }\n'
    )
    views = ("status --json", "health --json", "doctor --json", "peek one", "events --json")
    lines = ("up --json", *views, "down --json")
    printed = [workspace.tt(*line.split()) for line in lines]
    assert not [one for one in printed if "sesame" in one.stdout + one.stderr]
    state = workspace.root / ".tutti"
    written = [one for one in state.rglob("*") if one.is_file() and "worktrees/" not in str(one)]
    assert written
    assert not [one for one in written if b"sesame" in one.read_bytes()]
