"""Beginning a team: where it may be, from what, and what is said when it may not."""

from __future__ import annotations

import os

import pytest

from tutti_testing import Stage

TEMPLATE = """[template]
name = "trio"
version = "1.2.3"
description = "Three of them."

# ── config below ──
[workspace]
name = "{{project_name}}"
[defaults]
runtime = "{{runtime}}"
[[agent]]
name = "one"
"""


def test_a_template_file_says_what_it_is(workspace: Stage) -> None:
    """Its own table is left out of what it makes, and its name and version stand on top."""
    (workspace.home / "trio.toml").write_text(TEMPLATE)
    done = workspace.tt("init", "-t", "~/trio.toml", "--runtime", "demo", "--json").well().json()
    assert (done["template"], done["version"]) == ("trio", "1.2.3")
    made = (workspace.root / "tutti.toml").read_text()
    assert made.startswith("# template: trio 1.2.3\n[workspace]\n")
    assert 'name = "project"' in made


def test_a_bad_template_is_blamed_itself(workspace: Stage) -> None:
    """What does not load is taken back, and the template is named."""
    (workspace.home / "bad.toml").write_text("[workspace]\nname = 3\n")
    told = workspace.tt("init", "-t", "~/bad.toml").badly().stderr
    assert "template 'bad' does not make a valid tutti.toml" in told
    assert not (workspace.root / "tutti.toml").exists()


def test_a_name_nobody_knows_lists_the_names(workspace: Stage) -> None:
    """Templates and runtimes that do not exist are refused with those that do."""
    assert "(there are: minimal, pair, sdlc, web)" in workspace.tt("init", "-t", "x").badly().stderr
    assert "demo" in workspace.tt("init", "--runtime", "dmeo").badly().stderr


def test_no_team_begins_inside_an_agents_worktree(workspace: Stage) -> None:
    """An agent that tries is told where its team is."""
    workspace.tt("init", "--runtime", "demo").well()
    workspace.tt("up").well()
    told = workspace.tt("init", cwd=workspace.tree("builder")).badly().stderr
    assert "is in the worktree of an agent" in told
    assert str(workspace.root) in told


def test_outside_a_repository_the_next_step_is_git(workspace: Stage) -> None:
    """Agents need a commit to start from, and init says so."""
    elsewhere = workspace.home / "bare folder"
    elsewhere.mkdir()
    shown = workspace.tt("init", "--runtime", "demo", cwd=elsewhere).well().stdout
    assert "git init" in shown
    assert 'name = "bare-folder"' in (elsewhere / "tutti.toml").read_text()


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_a_folder_that_cannot_be_written_is_named(workspace: Stage) -> None:
    """The error names the file, and is no bug."""
    workspace.root.chmod(0o500)
    try:
        assert "cannot write" in workspace.tt("init").badly().stderr
    finally:
        workspace.root.chmod(0o700)


def test_a_team_inside_another_is_begun_with_a_word(workspace: Stage) -> None:
    """Who meant the workspace above learns that this is another one; outside of one nobody does."""
    assert workspace.tt("init", "--json").well().json()["inside"] is None
    part = workspace.root / "part"
    part.mkdir()
    told = workspace.tt("init", cwd=part).well().stdout
    assert f"This folder is in the workspace {workspace.root}; from here on" in told
    elsewhere = workspace.home / "elsewhere"
    elsewhere.mkdir()
    assert "This folder is in" not in workspace.tt("init", cwd=elsewhere).well().stdout
